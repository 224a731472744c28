/* Clocks. */
#ifndef LINUX_CLOCK_H
#define LINUX_CLOCK_H

#include <stdint.h>

/* What the clocks are made of, on a page that the vDSO reads, too. */
struct clock {
    uint64_t tsc;      /* at the start of the VM */
    uint64_t scale;    /* nanoseconds of one tick of the TSC, times 2^32 */
    uint64_t realtime; /* at the start, ns since 1970 */
};

static inline uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t clock_elapsed(const struct clock *clock)
{
    return (uint64_t)((unsigned __int128)(read_tsc() - clock->tsc) * clock->scale >> 32);
}

void clock_start(uint64_t tsc); /* as it was when the kernel began */
void *clock_page(void);

#endif
