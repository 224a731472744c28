/* The broker's end of the link to the VMM. */
#ifndef SPARKLER_SERVE_H
#define SPARKLER_SERVE_H

#include "cache.h"

/*
 * Answers requests on BROKER_FD_LINK until the VMM closes its end, or nothing was asked for a while
 * and the cache holds nothing worth keeping: then the broker ends and is started again when needed.
 * A VMM that breaks the protocol of wire.h is dropped: the link is shut down for good, and the
 * program ended by errx(3), status 1.
 */
void serve(struct cache *cache, const struct feeds *feeds);

#endif
