/* Which live processes are a VM's, and who started it. */
#ifndef SPARKLER_FAMILY_H
#define SPARKLER_FAMILY_H

#include "policy/runtime/processes.h"
#include "policy/tool/proc.h"

/* The kernel's name for the process, and its entry in our table; NULL if it has none. */
const struct process *family_identify(pid_t pid, char comm[static PROC_TEXT_MAX]);

/* The supervisors of all VMs that were started with `--id ID`, as an array to be freed. */
size_t family_supervisors(const char *id, pid_t **supervisors);

/* A process and its descendants, in the order of their numbers, as an array to be freed. */
size_t family_members(pid_t ancestor, pid_t **members);

/* The user who started the VM that the process belongs to, its own uid if it belongs to none. */
uid_t family_owner(pid_t pid);

/* A process that has ended but was not waited for yet, or is gone: there is nothing to read of it.
 */
bool family_has_ended(pid_t pid);

#endif
