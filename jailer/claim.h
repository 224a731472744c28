/* What a VM may share with no account and no other VM: its uids, its id. */
#ifndef SPARKLER_CLAIM_H
#define SPARKLER_CLAIM_H

#include "options.h"

/*
 * Refuses uids that are an account's, and claims, until the descriptor that it returns is closed,
 * what no running VM may have too: as root the uids that were picked by --id, otherwise the --id
 * itself. Returns -1 if there is nothing to claim. Ends the program by err(3) if another VM has it.
 */
int claim(const struct options *options);

#endif
