/* Which live processes belong to a VM, and who started it. */
#ifndef SPARKLER_FAMILY_H
#define SPARKLER_FAMILY_H

#include "policy/runtime/processes.h"
#include "policy/tool/proc.h"

/* Stores the kernel's name of the process, and returns its entry in the table; NULL without one. */
const struct process *family_identify(pid_t pid, char comm[static PROC_TEXT_MAX]);

/* The supervisors of all VMs that were started with `--id ID`, as an array to be freed. */
size_t family_supervisors(const char *id, pid_t **supervisors);

/* A process and its descendants, in the order of their numbers, as an array to be freed. */
size_t family_members(pid_t ancestor, pid_t **members);

/* The user who started the process's VM; the process's own uid if it belongs to none. */
uid_t family_owner(pid_t pid);

/* Whether the process is a zombie or gone, and so nothing can be read of it. */
bool family_has_ended(pid_t pid);

#endif
