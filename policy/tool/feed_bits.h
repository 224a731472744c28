/* How much a guest can tell the world by what it asks, as a number. */
#ifndef SPARKLER_FEED_BITS_H
#define SPARKLER_FEED_BITS_H

#include "netbroker/feeds.h"

/* What ports can tell in any hour, in bits, each an upper bound. */
struct feed_bits {
    unsigned long requests; /* that are sent at most */
    double by_argument;     /* by the choices of their arguments */
    double by_time;         /* by their times; see capacity.h */
};

/* Adds what a port can tell. */
void feed_bits_add(struct feed_bits *bits, const struct feed *feed);

#endif
