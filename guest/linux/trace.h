/* Lines about system calls, as strace(1) has them. */
#ifndef LINUX_TRACE_H
#define LINUX_TRACE_H

#include "thread.h"

/*
 * `kinds` has a letter for each argument: d and u numbers, x flags, o a mode, s a string, p a
 * pointer.
 */
void trace_call(const char *name, const char *kinds, const struct registers *registers);
void trace_result(long result);

#endif
