/* The timers of a process, which send SIGALRM, SIGVTALRM and SIGPROF: setitimer(2), alarm(2). */
#include "itimer.h"

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
        timer_repeat(timer, process->alarm_interval);
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

/* ---- Timers of the processor's time, which the tick looks at ---- */

enum { CPU_LIMIT = 2 }; /* of cpu_alarms; before it those of setitimer(2) */

static struct cpu_alarm *cpu_alarm_of(int which)
{
    return &current_process()->cpu_alarms[which - ITIMER_VIRTUAL];
}

static unsigned cpu_alarm_count;

bool itimers_need_tick(void)
{
    return cpu_alarm_count > 0;
}

static void arm(struct cpu_alarm *alarm, uint64_t deadline)
{
    cpu_alarm_count += (deadline != 0) - (alarm->deadline != 0);
    alarm->deadline = deadline;
}

static void set_cpu_alarm(struct cpu_alarm *alarm, uint64_t value, uint64_t interval)
{
    alarm->interval = interval;
    arm(alarm, value != 0 ? process_cpu_time(current_process()) + value : 0);
}

/* RLIMIT_CPU is in seconds; the least is one. */
static uint64_t cpu_limit(uint64_t seconds)
{
    return seconds < SECONDS_MAX ? (seconds > 0 ? seconds : 1) * NSEC_PER_SEC : 0;
}

void itimers_limit(struct process *process)
{
    arm(&process->cpu_alarms[CPU_LIMIT], cpu_limit(process->limits[RLIMIT_CPU].soft));
}

/* A signal a second from the soft limit on; the hard one is the end. */
static void exceed_cpu_limit(struct process *process)
{
    const uint64_t hard = cpu_limit(process->limits[RLIMIT_CPU].hard);
    const uint64_t used = process_cpu_time(process);

    if (hard != 0 && used >= hard) {
        signal_send(process, SIGKILL);
        return;
    }
    arm(&process->cpu_alarms[CPU_LIMIT], used / NSEC_PER_SEC * NSEC_PER_SEC + NSEC_PER_SEC);
    signal_send(process, SIGXCPU);
}

void itimers_tick(void)
{
    static const int signals[] = {SIGVTALRM, SIGPROF};
    struct process *process = current_process();

    for (unsigned i = 0; i < ARRAY_SIZE(process->cpu_alarms); i++) {
        struct cpu_alarm *alarm = &process->cpu_alarms[i];

        if (alarm->deadline == 0 || alarm->deadline > process_cpu_time(process))
            continue;
        if (i == CPU_LIMIT) {
            exceed_cpu_limit(process);
            continue;
        }
        set_cpu_alarm(alarm, alarm->interval, alarm->interval);
        signal_send(process, signals[i]);
    }
}

void itimers_end(struct process *process)
{
    timer_cancel(&process->alarm);
    for (unsigned i = 0; i < ARRAY_SIZE(process->cpu_alarms); i++)
        arm(&process->cpu_alarms[i], 0);
}

/* ---- System calls ---- */

long sys_getitimer(int which, void *to)
{
    const struct process *process = current_process();
    struct interval interval = {0};

    if (which == ITIMER_REAL) {
        to_pair(interval.value, time_left(process));
        to_pair(interval.interval, process->alarm_interval);
    } else if (which == ITIMER_VIRTUAL || which == ITIMER_PROF) {
        const struct cpu_alarm *alarm = cpu_alarm_of(which);
        const uint64_t now = process_cpu_time(process);

        to_pair(interval.value, alarm->deadline > now ? alarm->deadline - now : 0);
        to_pair(interval.interval, alarm->interval);
    } else {
        return -EINVAL;
    }
    return copy_to_user(to, &interval, sizeof(interval));
}

long sys_setitimer(int which, const void *new, void *old)
{
    struct interval interval = {0};

    if (which < ITIMER_REAL || which > ITIMER_PROF)
        return -EINVAL;
    if (new != NULL && copy_from_user(&interval, new, sizeof(interval)) != 0)
        return -EFAULT;
    if (!is_valid(interval.value) || !is_valid(interval.interval))
        return -EINVAL;
    long error = old != NULL ? sys_getitimer(which, old) : 0;
    if (error != 0)
        return error;
    if (which == ITIMER_REAL)
        set(current_process(), from_pair(interval.value), from_pair(interval.interval));
    else
        set_cpu_alarm(cpu_alarm_of(which), from_pair(interval.value), from_pair(interval.interval));
    return 0;
}

long sys_alarm(unsigned seconds)
{
    const uint64_t left = time_left(current_process());

    set(current_process(), seconds * NSEC_PER_SEC, 0);
    return (long)((left + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}
