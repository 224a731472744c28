/* What /proc says about the confinement of a process, beside its filters. */
#ifndef SPARKLER_REPORT_H
#define SPARKLER_REPORT_H

#include "policy/runtime/processes.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Prints no_new_privs, threads, capabilities, ids, namespaces, descriptors and memory. Returns
 * whether all are right: no_new_privs set, every thread under that number of filters, no capability
 * in any set, no uid 0, no group except an ordinary user's own, none of the host's namespaces for
 * what is jailed, no descriptor that policy/fds.h does not list, and no memory that is both
 * writable and executable. `process` is NULL for a process that is not in the table.
 */
bool report(pid_t pid, const struct process *process, size_t filters);

#endif
