/* timer_create(2): timers that send a signal, to the process or to one of its threads. */
#include "posix_timer.h"

#include "kernel.h"
#include "memory.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define NUMBER_MAX INT32_MAX

struct posix_timer {
    struct timer timer; /* the first member: fire() gets it */
    struct posix_timer *next;
    struct process *process;
    int number, clock;
    int notify, signal, thread; /* SIGEV_*; 0: the process */
    sigval_t value;
    uint64_t interval;
    int overrun, last_overrun; /* of the signal that was sent last, and of the one before */
};

/* ---- When the time has come ---- */

static struct signal_info *pending_in(struct signal_info *list, const struct posix_timer *timer)
{
    while (list != NULL && (list->info.si_code != SI_TIMER || list->info.si_tid != timer->number))
        list = list->next;
    return list;
}

/* Its signal, if the program has not had it yet. */
static struct signal_info *pending_of(const struct posix_timer *timer)
{
    const struct thread *thread = thread_find(timer->thread);

    return pending_in(thread != NULL ? thread->signals : timer->process->signals, timer);
}

static void send(const struct posix_timer *timer, int overrun)
{
    struct thread *thread = thread_find(timer->thread);
    siginfo_t info = {.si_signo = timer->signal, .si_code = SI_TIMER};

    if (timer->notify == SIGEV_NONE ||
        (timer->thread != 0 && (thread == NULL || thread->process != timer->process)))
        return;
    info.si_tid = timer->number;
    info.si_overrun = overrun;
    info.si_value = timer->value;
    signal_send_info(timer->process, thread, &info);
}

static int sum(int overrun, uint64_t more)
{
    return more < (uint64_t)(NUMBER_MAX - overrun) ? overrun + (int)more : NUMBER_MAX;
}

/* While a signal waits to be handled, there is no second one: it counts. */
static void fire(struct timer *fired)
{
    struct posix_timer *timer = (struct posix_timer *)fired;
    struct signal_info *pending = pending_of(timer);
    const uint64_t missed = timer->interval > 0 ? timer_repeat(fired, timer->interval) - 1 : 0;

    if (pending != NULL) {
        timer->overrun = sum(timer->overrun, missed + 1);
        pending->info.si_overrun = timer->overrun;
        return;
    }
    timer->last_overrun = timer->overrun;
    timer->overrun = sum(0, missed);
    send(timer, timer->overrun);
}

/* ---- Making and ending ---- */

static struct posix_timer *timer_find(int number)
{
    struct posix_timer *timer = current_process()->posix_timers;

    while (timer != NULL && timer->number != number)
        timer = timer->next;
    return timer;
}

static void unlink_and_free(struct posix_timer **at)
{
    struct posix_timer *timer = *at;

    timer_cancel(&timer->timer);
    *at = timer->next;
    kfree(timer);
}

void posix_timers_end(struct process *process)
{
    while (process->posix_timers != NULL)
        unlink_and_free(&process->posix_timers);
}

static int check_event(const struct sigevent *event)
{
    const struct thread *thread = thread_find(event->_sigev_un._tid);

    if (event->sigev_notify == SIGEV_NONE)
        return 0;
    if (event->sigev_signo < 1 || event->sigev_signo > SIGNALS)
        return -EINVAL;
    switch (event->sigev_notify) {
    case SIGEV_SIGNAL:
    case SIGEV_THREAD: /* the C library makes a thread of it */
        return 0;
    case SIGEV_SIGNAL | SIGEV_THREAD_ID:
        return thread != NULL && thread->process == current_process() ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* Those of the processor's time are setitimer(2)'s alone. */
static int check_clock(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return 0;
    default:
        return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID
                   ? -EOPNOTSUPP
                   : -EINVAL;
    }
}

static struct posix_timer *make(int clock, const struct sigevent *event)
{
    struct posix_timer *timer = kzalloc(sizeof(*timer));

    if (timer == NULL)
        return NULL;
    while (timer_find(timer->number) != NULL)
        timer->number++;
    timer->timer.fire = fire;
    timer->process = current_process();
    timer->clock = clock;
    timer->notify = event->sigev_notify;
    timer->signal = event->sigev_signo;
    timer->value = event->sigev_value;
    if ((event->sigev_notify & SIGEV_THREAD_ID) != 0)
        timer->thread = event->_sigev_un._tid;
    return timer;
}

long sys_timer_create(int clock, const void *user, int *number)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    int error = check_clock(clock);

    if (user != NULL && copy_from_user(&event, user, sizeof(event)) != 0)
        return -EFAULT;
    if (error == 0)
        error = check_event(&event);
    if (error != 0)
        return error;
    struct posix_timer *timer = make(clock, &event);
    if (timer == NULL)
        return -EAGAIN;
    if (user == NULL)
        timer->value.sival_int = timer->number;
    timer->next = current_process()->posix_timers;
    current_process()->posix_timers = timer;
    if (copy_to_user(number, &timer->number, sizeof(*number)) == 0)
        return 0;
    unlink_and_free(&current_process()->posix_timers);
    return -EFAULT;
}

long sys_timer_delete(int number)
{
    struct posix_timer **at = &current_process()->posix_timers;

    while (*at != NULL && (*at)->number != number)
        at = &(*at)->next;
    if (*at == NULL)
        return -EINVAL;
    unlink_and_free(at);
    return 0;
}

/* ---- Setting and asking ---- */

static struct __kernel_timespec timespec_of(uint64_t nanoseconds)
{
    return (struct __kernel_timespec){(long long)(nanoseconds / NSEC_PER_SEC),
                                      (long long)(nanoseconds % NSEC_PER_SEC)};
}

static int tell(const struct posix_timer *timer, void *user)
{
    const uint64_t now = time_monotonic(), deadline = timer->timer.deadline;
    const uint64_t left = !timer->timer.is_set ? 0 : deadline > now ? deadline - now : 1;
    const struct __kernel_itimerspec value = {timespec_of(timer->interval), timespec_of(left)};

    return copy_to_user(user, &value, sizeof(value));
}

long sys_timer_gettime(int number, void *user)
{
    const struct posix_timer *timer = timer_find(number);

    return timer != NULL ? tell(timer, user) : -EINVAL;
}

static uint64_t deadline_of(const struct posix_timer *timer, int flags, uint64_t value)
{
    const uint64_t now = time_monotonic();
    const bool is_real = timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_TAI;
    const uint64_t began = is_real ? time_realtime() - now : 0;

    if ((flags & TIMER_ABSTIME) == 0)
        return now + value;
    return value > began ? value - began : 0;
}

long sys_timer_settime(int number, int flags, const void *new, void *old)
{
    const struct __kernel_itimerspec *wanted = new;
    struct posix_timer *timer = timer_find(number);
    uint64_t value, interval;

    if (new == NULL || timer == NULL)
        return -EINVAL;
    int error = time_from_user(&wanted->it_value, &value);
    if (error == 0)
        error = time_from_user(&wanted->it_interval, &interval);
    if (error == 0 && old != NULL)
        error = tell(timer, old);
    if (error != 0)
        return error;
    timer_cancel(&timer->timer);
    timer->interval = interval;
    timer->overrun = timer->last_overrun = 0;
    if (value != 0)
        timer_set(&timer->timer, deadline_of(timer, flags, value));
    return 0;
}

long sys_timer_getoverrun(int number)
{
    const struct posix_timer *timer = timer_find(number);

    if (timer == NULL)
        return -EINVAL;
    return pending_of(timer) != NULL ? timer->last_overrun : timer->overrun;
}
