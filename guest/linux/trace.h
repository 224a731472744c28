/* Lines about system calls, as strace(1) has them. */
#ifndef LINUX_TRACE_H
#define LINUX_TRACE_H

#include "thread.h"

/* Of one call; others may be made before it returns. */
struct trace {
    char text[512];
    int length;
};

/*
 * `kinds` has a letter for each argument: d and u numbers, x flags, o a mode, s a string, p a
 * pointer.
 */
void trace_call(struct trace *trace, const char *name, const char *kinds,
                const struct registers *registers);
void trace_result(struct trace *trace, long result);
void trace_no_result(struct trace *trace); /* the call does not return */

#endif
