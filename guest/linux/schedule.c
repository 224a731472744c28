/*
 * The scheduler: threads take turns. While more than one could run, or something is to happen at a
 * time, the VMM sends a tick; when nobody can, the VM waits for the next event.
 */
#include "schedule.h"

#include "console.h"
#include "host.h"
#include "itimer.h"
#include "kernel.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>

#define TICK_NS     4000000ull
#define WATCH_NS    100000000ull /* between two looks whether ^C was typed */
#define IDLE_TICKS  16           /* without need until the tick is switched off */
#define EVENT_TICKS 25           /* between two looks at what comes from outside */

bool tick_pending; /* one came while the kernel ran: entry.asm */

static struct wait_queue poll_queue, console_queue;
static bool console_is_wanted; /* by whoever polls now */
static unsigned console_pollers;
static struct thread *ready, **ready_end = &ready;
static struct timer *timers; /* the earliest first */
static uint64_t interval;    /* of the tick; 0: none */
static unsigned idle_ticks, ticks;
static uint64_t turn_began; /* of the current thread; monotonic ns */

/* ---- Timers ---- */

void timer_cancel(struct timer *timer)
{
    struct timer **at = &timers;

    if (!timer->is_set)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->is_set = false;
}

void timer_set(struct timer *timer, uint64_t deadline)
{
    struct timer **at = &timers;

    timer_cancel(timer);
    timer->deadline = deadline;
    timer->is_set = true;
    while (*at != NULL && (*at)->deadline <= deadline)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

uint64_t timer_repeat(struct timer *timer, uint64_t period)
{
    const uint64_t now = time_monotonic();
    const uint64_t count = 1 + (now > timer->deadline ? (now - timer->deadline) / period : 0);

    timer_set(timer, timer->deadline + count * period);
    return count;
}

/* Each at most once: many with short intervals are due again before the last of them has fired. */
static void run_timers(void)
{
    const uint64_t now = time_monotonic();

    while (timers != NULL && timers->deadline <= now) {
        struct timer *timer = timers;

        timer_cancel(timer);
        timer->fire(timer);
    }
}

/* ---- The tick ---- */

static void set_tick(uint64_t wanted)
{
    idle_ticks = 0;
    if (interval == wanted)
        return;
    interval = wanted;
    host_tick(wanted);
}

static void handle_events(uint64_t events)
{
    if ((events & LINUX_EVENT_INPUT) != 0) {
        if (console_watches())
            console_input();
        wake_all(&console_queue);
        poll_wake();
    }
    if ((events & LINUX_EVENT_SIGNAL) != 0 && ((events >> 8) & 0xff) == SIGWINCH &&
        events >> 16 != 0)
        console_resize((events >> 32) & 0xffff, (events >> 16) & 0xffff);
    else if ((events & LINUX_EVENT_SIGNAL) != 0)
        signal_from_outside((events >> 8) & 0xff);
}

static unsigned events_of_interest(void)
{
    return LINUX_EVENT_SIGNAL |
           (console_queue.first != NULL || console_pollers > 0 || console_watches()
                ? LINUX_EVENT_INPUT
                : 0);
}

static bool has_use_of_tick(void)
{
    return ready != NULL || timers != NULL || itimers_need_tick();
}

static uint64_t slow_tick(void)
{
    return console_watches() ? WATCH_NS : 0;
}

void schedule_tick(void)
{
    tick_pending = false;
    run_timers();
    itimers_tick();
    if (interval != TICK_NS || ++ticks % EVENT_TICKS == 0)
        handle_events(host_wait(events_of_interest(), 0));
    if (has_use_of_tick())
        idle_ticks = 0;
    else if (interval == TICK_NS && ++idle_ticks == IDLE_TICKS)
        set_tick(slow_tick());
    yield();
}

/* ---- Threads ---- */

uint64_t thread_cpu_time(const struct thread *thread)
{
    const bool has_turn = thread == current && turn_began != UINT64_MAX;

    return thread->cpu_time + (has_turn ? time_monotonic() - turn_began : 0);
}

uint64_t process_cpu_time(const struct process *process)
{
    uint64_t time = process->ended_cpu_time;

    for (const struct thread *thread = process->threads; thread != NULL; thread = thread->next)
        time += thread_cpu_time(thread);
    return time;
}

void make_ready(struct thread *thread)
{
    thread->state = THREAD_READY;
    thread->queued = NULL;
    *ready_end = thread;
    ready_end = &thread->queued;
}

static struct thread *take_ready(void)
{
    struct thread *thread = ready;

    if (thread == NULL)
        return NULL;
    ready = thread->queued;
    if (ready == NULL)
        ready_end = &ready;
    return thread;
}

/* Nobody can run: waits for the next event or the next timer. */
static void idle(void)
{
    uint64_t now = time_monotonic();
    uint64_t left = timers == NULL ? FOREVER : timers->deadline > now ? timers->deadline - now : 0;

    set_tick(0);
    handle_events(host_wait(events_of_interest(), left));
    run_timers();
}

static void run_next(void)
{
    struct thread *next;

    current->cpu_time = thread_cpu_time(current);
    turn_began = UINT64_MAX; /* nobody's */
    while ((next = take_ready()) == NULL)
        idle();
    turn_began = time_monotonic();
    thread_switch(next);
}

void yield(void)
{
    if (ready == NULL)
        return;
    make_ready(current);
    run_next();
}

void schedule_before_program(void)
{
    if (tick_pending)
        schedule_tick();
    else if (interval != TICK_NS && has_use_of_tick())
        set_tick(TICK_NS);
    else if (interval == 0)
        set_tick(slow_tick());
    thread_reap();
}

void end_thread(void)
{
    current->state = THREAD_DEAD;
    run_next();
    panic("a thread that ended runs again");
}

/* ---- Waiting ---- */

static void leave_queue(struct thread *thread)
{
    struct thread **at = &thread->waiting_on->first;

    while (*at != thread)
        at = &(*at)->queued;
    *at = thread->queued;
    thread->waiting_on = NULL;
}

void wake_thread(struct thread *thread)
{
    if (thread->state != THREAD_WAITING)
        return;
    leave_queue(thread);
    make_ready(thread);
}

void wake_one(struct wait_queue *queue)
{
    if (queue->first != NULL)
        wake_thread(queue->first);
}

void wake_all(struct wait_queue *queue)
{
    while (queue->first != NULL)
        wake_thread(queue->first);
}

uint64_t poll_wakes;

void poll_wake(void)
{
    poll_wakes++;
    wake_all(&poll_queue);
}

struct sleeper {
    struct timer timer;
    struct thread *thread;
    bool is_over;
};

static void end_sleep(struct timer *timer)
{
    struct sleeper *sleeper = (struct sleeper *)timer;

    sleeper->is_over = true;
    wake_thread(sleeper->thread);
}

int sleep_on(struct wait_queue *queue, uint64_t deadline)
{
    struct sleeper sleeper = {.timer.fire = end_sleep, .thread = current};
    struct thread **end = &queue->first;

    if (deadline <= time_monotonic())
        return -ETIMEDOUT;
    while (*end != NULL)
        end = &(*end)->queued;
    *end = current;
    current->queued = NULL;
    current->waiting_on = queue;
    current->state = THREAD_WAITING;
    if (deadline != FOREVER)
        timer_set(&sleeper.timer, deadline);
    run_next();
    timer_cancel(&sleeper.timer);
    return sleeper.is_over ? -ETIMEDOUT : 0;
}

int wait_on(struct wait_queue *queue, uint64_t deadline)
{
    if (signal_is_pending(current))
        return -EINTR;
    return sleep_on(queue, deadline);
}

void poll_wants_console(void)
{
    console_is_wanted = true;
}

int poll_wait(uint64_t deadline)
{
    const bool wants_console = console_is_wanted;

    console_is_wanted = false;
    console_pollers += wants_console;
    int result = wait_on(&poll_queue, deadline);
    console_pollers -= wants_console;
    return result;
}

int console_wait(void)
{
    return wait_on(&console_queue, FOREVER);
}

/* How long a turn is. */
long sys_sched_rr_get_interval(int id, void *to)
{
    const int64_t time[2] = {0, TICK_NS};

    if (id < 0)
        return -EINVAL;
    if (id != 0 && thread_find(id) == NULL)
        return -ESRCH;
    return copy_to_user(to, time, sizeof(time));
}

long sys_sched_yield(void)
{
    yield();
    return 0;
}
