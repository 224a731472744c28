/* The timer of a process that sends SIGALRM: setitimer(2), alarm(2). */
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/time.h>

#define MICROSECOND 1000u
#define SECONDS_MAX (UINT64_MAX / 2 / NSEC_PER_SEC)

struct interval {
    int64_t interval[2], value[2]; /* seconds, microseconds */
};

static void fire(struct timer *timer)
{
    struct process *process =
        (struct process *)((uint8_t *)timer - offsetof(struct process, alarm));

    if (process->alarm_interval != 0)
        timer_set(timer, timer->deadline + process->alarm_interval);
    signal_send(process, SIGALRM);
}

static uint64_t time_left(const struct process *process)
{
    const uint64_t now = time_monotonic();

    if (!process->alarm.is_set)
        return 0;
    return process->alarm.deadline > now ? process->alarm.deadline - now : 1;
}

static void set(struct process *process, uint64_t value, uint64_t interval)
{
    timer_cancel(&process->alarm);
    process->alarm.fire = fire;
    process->alarm_interval = interval;
    if (value != 0)
        timer_set(&process->alarm, time_monotonic() + value);
}

static bool is_valid(const int64_t time[2])
{
    return time[0] >= 0 && time[1] >= 0 && time[1] < 1000000;
}

static uint64_t from_pair(const int64_t time[2])
{
    const uint64_t seconds = (uint64_t)time[0] < SECONDS_MAX ? (uint64_t)time[0] : SECONDS_MAX;

    return seconds * NSEC_PER_SEC + (uint64_t)time[1] * MICROSECOND;
}

static void to_pair(int64_t time[2], uint64_t nanoseconds)
{
    time[0] = (int64_t)(nanoseconds / NSEC_PER_SEC);
    time[1] = (int64_t)(nanoseconds % NSEC_PER_SEC / MICROSECOND);
}

long sys_getitimer(int which, void *to)
{
    struct interval interval = {0};

    if (which != ITIMER_REAL)
        return -EINVAL;
    to_pair(interval.value, time_left(current_process()));
    to_pair(interval.interval, current_process()->alarm_interval);
    return copy_to_user(to, &interval, sizeof(interval));
}

long sys_setitimer(int which, const void *new, void *old)
{
    struct interval interval = {0};

    if (which != ITIMER_REAL)
        return -EINVAL;
    if (new != NULL && copy_from_user(&interval, new, sizeof(interval)) != 0)
        return -EFAULT;
    if (!is_valid(interval.value) || !is_valid(interval.interval))
        return -EINVAL;
    long error = old != NULL ? sys_getitimer(which, old) : 0;
    if (error == 0)
        set(current_process(), from_pair(interval.value), from_pair(interval.interval));
    return error;
}

long sys_alarm(unsigned seconds)
{
    const uint64_t left = time_left(current_process());

    set(current_process(), seconds * NSEC_PER_SEC, 0);
    return (long)((left + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}
