/* The median of any number of values, to 3 %, in 15 KiB. */
#ifndef SPARKLER_HISTOGRAM_H
#define SPARKLER_HISTOGRAM_H

#include <stdint.h>

/* Values below 64 have a bucket each; above, each power of two has 32. */
#define HISTOGRAM_BUCKETS (64 + 58 * 32)

/* Starts as {0}. */
struct histogram {
    uint64_t count, largest;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The median: exact below 64, else at most 3 % less; 0 if there is no value. */
uint64_t histogram_median(const struct histogram *histogram);

#endif
