/* Prints what a process may do. */
#ifndef SPARKLER_EXPLAIN_H
#define SPARKLER_EXPLAIN_H

#include "policy/runtime/processes.h"

/* In words: what all policies of the process allow, one line for each rule, with its reason. */
void explain_process(const struct process *process, const char *directory);

/* As JSON: an array with an object for the process, or for each one if it is NULL. */
void explain_json(const struct process *process, const char *directory);

/* A table in Markdown, with a row for each system call and a column for each process. */
void explain_table(const char *directory);

#endif
