/* Keeps a VM's user IDs and its --id from accounts and other VMs. */
#ifndef SPARKLER_CLAIM_H
#define SPARKLER_CLAIM_H

#include "options.h"

/*
 * Refuses uids of accounts. Claims, until the descriptor that it returns is closed, the uids that
 * were picked by --id if root starts the VM, or else the --id itself. Returns -1 if there is
 * nothing to claim. Ends the program by err(3) if another running VM has made the same claim.
 */
int claim(const struct options *options);

#endif
