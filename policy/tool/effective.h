/*
 * What a process may do in the end. It keeps every filter that it or a parent has installed, and
 * may do only what all of them allow: the intersection.
 */
#ifndef SPARKLER_EFFECTIVE_H
#define SPARKLER_EFFECTIVE_H

#include "policy/runtime/processes.h"
#include "policy/tool/parse.h"

/* How many policies hold the process. */
size_t process_filters(const struct process *process);

/*
 * For each system call that all policies of the process let through, a rule with the conditions of
 * all and the reason of the last. They are read from DIRECTORY/NAME.policy; mistakes in them end
 * the program. policy_free() is due.
 */
struct policy_file process_policy(const struct process *process, const char *directory);

/* DIRECTORY/NAME.policy, to be freed. */
char *policy_path(const char *directory, const char *name);

#endif
