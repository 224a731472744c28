/* The clock of all ages, deadlines and waits. */
#ifndef SPARKLER_CLOCK_H
#define SPARKLER_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since boot, including time asleep, when an answer ages too. */
static inline int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The same in milliseconds. */
static inline int64_t clock_ms(void)
{
    return clock_ns() / 1000000;
}

#endif
