/* Who runs next, what one waits for, and what happens at a time. */
#ifndef LINUX_SCHEDULE_H
#define LINUX_SCHEDULE_H

#include "thread.h"

#include <stdint.h>

#define FOREVER UINT64_MAX

/* Threads that wait for one thing, first come first. */
struct wait_queue {
    struct thread *first;
};

/*
 * Waits until the queue is woken: 0; -ETIMEDOUT at the deadline (monotonic ns); -EINTR when a
 * signal is there. What was waited for has to be looked at again: others may have been faster.
 */
int wait_on(struct wait_queue *queue, uint64_t deadline);

/* The same, whatever signals there are. */
int sleep_on(struct wait_queue *queue, uint64_t deadline);

void wake_all(struct wait_queue *queue);
void wake_one(struct wait_queue *queue);

/* Of a thread that waits for whatever: it then finds a signal, or its own end. */
void wake_thread(struct thread *thread);

/* What it has had of the processor, ns. */
uint64_t thread_cpu_time(const struct thread *thread);
uint64_t process_cpu_time(const struct process *process);

void make_ready(struct thread *thread);
void yield(void);                /* lets others run, if there are any */
_Noreturn void end_thread(void); /* the current one never runs again */
void schedule_tick(void);
void schedule_before_program(void); /* gives way if a tick came meanwhile */

/*
 * Files that can be polled call poll_wake() when they may have become ready; standard input that is
 * no terminal cannot, and has its poll operation say that it is asked for. poll_wait() waits for
 * either, as wait_on() does.
 */
void poll_wake(void);
extern uint64_t poll_wakes; /* how often */
void poll_wants_console(void);
int poll_wait(uint64_t deadline);

/* Something that happens at a time. */
struct timer {
    uint64_t deadline; /* monotonic ns */
    void (*fire)(struct timer *timer);
    struct timer *next;
    bool is_set;
};

void timer_set(struct timer *timer, uint64_t deadline);
/* For one that fires: sets it for the next of its times that is still to come, and tells how many
 * are over, this one among them. */
uint64_t timer_repeat(struct timer *timer, uint64_t period);
void timer_cancel(struct timer *timer);

/* Waits for input on the console: 0, or -EINTR. */
int console_wait(void);

#endif
