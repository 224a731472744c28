/* Who runs on the machine for the files of the guest's kernel: one process, in the foreground,
 * which nobody wakes. */
#include "machine.h"

#include "guest/linux/job.h"
#include "guest/linux/kernel.h"
#include "guest/linux/poll.h"
#include "guest/linux/signal.h"

static struct process process = {.id = 1, .group = 1, .session = 1};
struct thread *current = &(struct thread){.id = 1, .process = &process};

int wait_on(struct wait_queue *queue, uint64_t deadline)
{
    (void)queue;
    return deadline == FOREVER ? -EINTR : -ETIMEDOUT;
}

void wake_all(struct wait_queue *queue)
{
    (void)queue;
}

void poll_wake(void)
{
}

uint64_t poll_deadline(uint64_t nanoseconds)
{
    return time_monotonic() + nanoseconds;
}

void signal_send(struct process *to, int number)
{
    (void)to;
    machine.signal = number;
}

int job_session(void)
{
    return process.session;
}

int job_group(void)
{
    return process.group;
}

bool job_leads_session(void)
{
    return true;
}

void job_signal(int group, int number)
{
    if (group == process.group)
        machine.signal = number;
}

void job_signal_process(int id, int number)
{
    job_signal(id, number);
}

int job_find_group(int group, int session)
{
    return group == process.group && session == process.session ? 0 : -ESRCH;
}

int job_stop_background(int number)
{
    machine.signal = number;
    return -EINTR;
}
