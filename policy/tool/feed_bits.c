/* Bits that can leave in an hour: see feed_bits.h. */
#include "policy/tool/feed_bits.h"

#include "netbroker/argument.h"
#include "policy/tool/capacity.h"

void feed_bits_add(struct feed_bits *bits, const struct feed *feed)
{
    unsigned requests = feed->requests_per_hour;

    if (feed->argument) {
        requests = (unsigned)(1000ull * feed->bits_per_hour / feed->argument->millibits);
        bits->by_argument += requests * (feed->argument->millibits / 1000.0);
    }
    bits->requests += requests;
    bits->by_time += capacity_of_times(requests);
}
