/* The phases of a start: see timing.h. */
#include "timing.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

long long timing_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int timing_ms_until(long long then)
{
    const long long left = then - timing_now();

    if (then == LLONG_MAX)
        return -1;
    return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

void timing_phase(struct timing *timing, const char *phase)
{
    long long now;

    if (!timing->on || timing->length >= sizeof(timing->text))
        return;
    now = timing_now();
    timing->length += (size_t)snprintf(
        timing->text + timing->length, sizeof(timing->text) - timing->length,
        "%7lld us %+6lld  %s\n", (now - timing->start) / 1000, (now - timing->last) / 1000, phase);
    timing->last = now;
}

void timing_forget(struct timing *timing)
{
    timing->length = 0;
}

void timing_print(struct timing *timing, const char *process)
{
    if (timing->on)
        dprintf(STDERR_FILENO, "timing of %s:\n%s%7lld us         in all\n", process, timing->text,
                (timing->last - timing->start) / 1000);
}
