/* The broker's end of the link to the VMM (wire.h). */
#ifndef SPARKLER_SERVE_H
#define SPARKLER_SERVE_H

#include "cache.h"

/*
 * Answers requests on BROKER_FD_LINK until the VMM closes its end, or until no request came for a
 * while and the cache may be lost; the warden starts another broker for the next request. What the
 * ledger cannot record is not answered. `interrupted` is the sequence of the request that an
 * earlier broker died on, or -1: it may have been sent already, so a POST is not sent again. If the
 * VMM breaks the protocol, shuts the link down for good and ends the program by errx(3), status 1.
 */
void serve(struct cache *cache, struct ledger *ledger, const struct feeds *feeds,
           int64_t interrupted);

#endif
