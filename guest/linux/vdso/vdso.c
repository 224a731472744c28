/*
 * The vDSO: a library that the kernel maps into each program, so that reading a clock is no system
 * call. The clocks' page stands before it.
 */
#include "../clock.h"

#include <asm/unistd.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define NSEC_PER_SEC 1000000000ull
#define EXPORTED     __attribute__((visibility("default")))

extern const struct clock shown_clock; /* vdso.ld */

static long ask_kernel(long call, long clock, void *to)
{
    __asm__ volatile("syscall" : "+a"(call) : "D"(clock), "S"(to) : "rcx", "r11", "memory");
    return call;
}

static uint64_t realtime(void)
{
    return shown_clock.realtime + clock_elapsed(&shown_clock);
}

EXPORTED int __vdso_clock_gettime(int clock, struct __kernel_timespec *to)
{
    uint64_t now;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        now = realtime();
        break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        now = clock_elapsed(&shown_clock);
        break;
    default:
        return (int)ask_kernel(__NR_clock_gettime, clock, to);
    }
    to->tv_sec = (long long)(now / NSEC_PER_SEC);
    to->tv_nsec = (long long)(now % NSEC_PER_SEC);
    return 0;
}

EXPORTED int __vdso_clock_getres(int clock, struct __kernel_timespec *to)
{
    return (int)ask_kernel(__NR_clock_getres, clock, to);
}

EXPORTED int __vdso_gettimeofday(struct timeval *to, int *zone)
{
    if (to != 0) {
        uint64_t now = realtime();

        to->tv_sec = (long)(now / NSEC_PER_SEC);
        to->tv_usec = (long)(now % NSEC_PER_SEC / 1000);
    }
    if (zone != 0)
        zone[0] = zone[1] = 0;
    return 0;
}

EXPORTED int64_t __vdso_time(int64_t *to)
{
    int64_t now = (int64_t)(realtime() / NSEC_PER_SEC);

    if (to != 0)
        *to = now;
    return now;
}

EXPORTED int __vdso_getcpu(unsigned *cpu, unsigned *node)
{
    if (cpu != 0)
        *cpu = 0;
    if (node != 0)
        *node = 0;
    return 0;
}
