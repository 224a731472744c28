/* Counts of values in buckets that grow with the values: see histogram.h. */
#include "policy/tool/histogram.h"

#include <stddef.h>

void histogram_add(struct histogram *histogram, uint64_t value)
{
    size_t bucket = value;

    if (value >= 64) {
        const unsigned shift = 63 - 5 - (unsigned)__builtin_clzll(value);

        bucket = 64 + (shift - 1) * 32 + (value >> shift) - 32;
    }
    histogram->bucket[bucket]++;
    histogram->count++;
    if (value > histogram->largest)
        histogram->largest = value;
}

/* The least value of a bucket. */
static uint64_t value_of(size_t bucket)
{
    return bucket < 64 ? bucket : (uint64_t)(bucket % 32 + 32) << ((bucket - 64) / 32 + 1);
}

uint64_t histogram_median(const struct histogram *histogram)
{
    uint64_t below = 0;
    size_t bucket = 0;

    while (bucket < HISTOGRAM_BUCKETS && 2 * (below + histogram->bucket[bucket]) < histogram->count)
        below += histogram->bucket[bucket++];
    return histogram->count > 0 ? value_of(bucket) : 0;
}
