/*
 * User and group IDs of a VM. If root starts it, the VMM has a user ID of its own, and the broker
 * the next one; --uid names them, or they are picked here. Supervisor and janitor have both
 * (policy/runtime/processes.c). An ordinary user's VM keeps the user's. claim.c keeps the picked
 * ones from other VMs; privileges.c changes to them.
 */
#ifndef SPARKLER_IDS_H
#define SPARKLER_IDS_H

#include <stdbool.h>
#include <sys/types.h>

struct jail;

/* Whether this process may change to any ID. Root of a user namespace that maps only some (a
 * rootless container) counts as a user. */
bool ids_is_root(void);

/* The VMM's user ID for a VM of that --id; without one (NULL), by the jailer's pid. */
uid_t ids_pick(const char *id);

/* Sets the IDs that the jail's process will have. */
void ids_give(struct jail *jail);

#endif
