/* Clocks and sleep. */
#include "clock.h"

#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define RESOLUTION 1

static union {
    struct clock clock;
    uint8_t page[PAGE_SIZE];
} shown __attribute__((aligned(PAGE_SIZE)));

void clock_start(uint64_t tsc)
{
    if (host_time->tsc_khz == 0)
        panic("the VMM did not tell the TSC's rate");
    shown.clock.tsc = tsc;
    shown.clock.scale = (1000000ul << 32) / host_time->tsc_khz;
    shown.clock.realtime = host_time->realtime_ns;
}

void *clock_page(void)
{
    return &shown;
}

uint64_t time_monotonic(void)
{
    return clock_elapsed(&shown.clock);
}

uint64_t time_realtime(void)
{
    return shown.clock.realtime + time_monotonic();
}

/* Clocks of a process or a thread, whose number is in their own, as clock_getcpuclockid(3) makes
 * it. */
static int read_cpu_clock(int clock, uint64_t *now)
{
    const int id = ~(clock >> 3);
    const bool is_thread = (clock & 4) != 0;
    const struct process *process = id == 0 ? current_process() : process_find(id);
    const struct thread *thread = id == 0 ? current : thread_find(id);

    if ((clock & 3) == 3 || (is_thread ? thread == NULL : process == NULL))
        return -EINVAL;
    *now = is_thread ? thread_cpu_time(thread) : process_cpu_time(process);
    return 0;
}

static int read_clock(int clock, uint64_t *now)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *now = time_realtime();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *now = time_monotonic();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        *now = process_cpu_time(current_process());
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *now = thread_cpu_time(current);
        return 0;
    default:
        return clock < 0 ? read_cpu_clock(clock, now) : -EINVAL;
    }
}

static int put_time(void *to, uint64_t nanoseconds)
{
    struct __kernel_timespec time = {
        .tv_sec = (long long)(nanoseconds / NSEC_PER_SEC),
        .tv_nsec = (long long)(nanoseconds % NSEC_PER_SEC),
    };

    return copy_to_user(to, &time, sizeof(time));
}

int time_from_user(const void *user, uint64_t *nanoseconds)
{
    struct __kernel_timespec time;

    if (copy_from_user(&time, user, sizeof(time)) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= (long long)NSEC_PER_SEC)
        return -EINVAL;
    if ((uint64_t)time.tv_sec > UINT64_MAX / 2 / NSEC_PER_SEC)
        *nanoseconds = UINT64_MAX / 2;
    else
        *nanoseconds = (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
    return 0;
}

long sys_clock_gettime(int clock, void *to)
{
    uint64_t now;
    int error = read_clock(clock, &now);

    return error != 0 ? error : put_time(to, now);
}

long sys_clock_getres(int clock, void *to)
{
    uint64_t now;
    int error = read_clock(clock, &now);

    return error != 0 || to == NULL ? error : put_time(to, RESOLUTION);
}

long sys_clock_settime(int clock, const void *from)
{
    (void)clock;
    (void)from;
    return -EPERM;
}

long sys_gettimeofday(void *time, void *zone)
{
    uint64_t now = time_realtime();
    int64_t pair[2] = {(int64_t)(now / NSEC_PER_SEC), (int64_t)(now % NSEC_PER_SEC / 1000)};

    if (time != NULL && copy_to_user(time, pair, sizeof(pair)) != 0)
        return -EFAULT;
    return zone != NULL ? zero_user(zone, 2 * sizeof(int)) : 0;
}

long sys_time(int64_t *to)
{
    int64_t now = (int64_t)(time_realtime() / NSEC_PER_SEC);

    return to != NULL && copy_to_user(to, &now, sizeof(now)) != 0 ? -EFAULT : now;
}

/* What is left of the time when a signal ends the sleep is told, if the program asks. */
static long sleep_until(uint64_t deadline, void *left)
{
    struct wait_queue nobody = {0};
    int result;

    deadline = signal_deadline(deadline);
    while ((result = wait_on(&nobody, deadline)) == 0)
        ;
    if (result == -ETIMEDOUT)
        return 0;
    const uint64_t now = time_monotonic();
    if (left != NULL && put_time(left, deadline > now ? deadline - now : 0) != 0)
        return -EFAULT;
    signal_keep_deadline(deadline);
    return -EINTR;
}

long sys_nanosleep(const void *request, void *left)
{
    uint64_t duration;
    int error = time_from_user(request, &duration);

    return error != 0 ? error : sleep_until(time_monotonic() + duration, left);
}

long sys_clock_nanosleep(int clock, int flags, const void *request, void *left)
{
    uint64_t time, now;
    int error = time_from_user(request, &time);

    if (error == 0)
        error = read_clock(clock, &now);
    if (error != 0)
        return error;
    if ((flags & TIMER_ABSTIME) == 0)
        return sleep_until(time_monotonic() + time, left);
    return sleep_until(time_monotonic() + (time > now ? time - now : 0), NULL);
}

/* Clock ticks of 100 a second; the kernel's share is not told apart. */
static int64_t ticks(uint64_t nanoseconds)
{
    return (int64_t)(nanoseconds / (NSEC_PER_SEC / 100));
}

long sys_times(void *to)
{
    const struct process *process = current_process();
    const int64_t times[4] = {
        ticks(process_cpu_time(process)),
        0,
        ticks(process->children_cpu_time),
        0,
    };

    if (to != NULL && copy_to_user(to, times, sizeof(times)) != 0)
        return -EFAULT;
    return ticks(time_monotonic());
}
