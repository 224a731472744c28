/* The address guard: programs on the broker's cgroup that refuse connections to the host's own
 * networks, in the kernel, whatever becomes of the broker. */
#ifndef SPARKLER_ADDRESS_GUARD_H
#define SPARKLER_ADDRESS_GUARD_H

#include "cgroup.h"

/* Decides whether the broker's cgroup gets the guard, while the jailer is root; makes the pipe for
 * it. */
void address_guard_prepare(struct cgroup *cgroup, const struct jail *broker);

/*
 * Puts the guard on the cgroup's directory of v2, for all that will run there, until it is removed,
 * and says so by the pipe. It lets pass what is public (netbroker/networks.h), and the name servers
 * of /etc/resolv.conf as they are now. Needs root; ends the program by err(3) if it fails.
 */
void address_guard_attach(const struct cgroup *cgroup);

#endif
