/* The address guard: programs on the broker's cgroup that refuse connections to the host's own
 * networks, in the kernel, whatever becomes of the broker. */
#ifndef SPARKLER_ADDRESS_GUARD_H
#define SPARKLER_ADDRESS_GUARD_H

#include "cgroup.h"

/*
 * Puts the guard on the directory of v2 of the broker's cgroup, for all that will run there, until
 * it is removed; or notes there what this host lacks for it. It lets pass what is public
 * (netbroker/networks.h), and the name servers of /etc/resolv.conf as they are now. Needs root,
 * without which there is none; ends the program by err(3) if it fails.
 */
void address_guard_attach(struct cgroup *cgroup, const struct jail *broker);

#endif
