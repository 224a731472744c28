/* What /proc tells of a process's confinement beside its filters. */
#ifndef SPARKLER_REPORT_H
#define SPARKLER_REPORT_H

#include "policy/runtime/processes.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Prints no_new_privs, threads, capabilities, ids, namespaces, descriptors and memory. Returns
 * whether all of it is as it has to be: no_new_privs set, every thread under that number of
 * filters, no capability in any set, no uid 0, no group but an ordinary user's own, the host's
 * namespaces left by what is jailed, no descriptor but those of policy/fds.h, and no memory that is
 * both writable and executable. A process that is none of ours has no name here (NULL).
 */
bool report(pid_t pid, const struct process *process, size_t filters);

#endif
