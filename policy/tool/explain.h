/* Tells what a process may do, to people and to machines. */
#ifndef SPARKLER_EXPLAIN_H
#define SPARKLER_EXPLAIN_H

#include "policy/runtime/processes.h"

/* The process's effective policy in words: one line a rule, with its reason. */
void explain_process(const struct process *process, const char *directory);

/* The same as JSON: an array with an object for each process, or for one if it isn't NULL. */
void explain_json(const struct process *process, const char *directory);

/* All processes against each other, as a table in Markdown: a line for each system call. */
void explain_table(const char *directory);

#endif
