/* Job control: see job.h. */
#include "job.h"

#include "kernel.h"
#include "signal.h"

#include <asm/errno.h>

int job_session(void)
{
    return current_process()->session;
}

int job_group(void)
{
    return current_process()->group;
}

bool job_leads_session(void)
{
    return current_process()->session == current_process()->id;
}

void job_signal(int group, int number)
{
    for (struct process *p = process_first(); p != NULL; p = process_next(p))
        if (p->group == group)
            signal_send(p, number);
}

void job_signal_process(int id, int number)
{
    struct process *process = process_find(id);

    if (process != NULL)
        signal_send(process, number);
}

bool job_is_orphaned(int group)
{
    for (const struct process *p = process_first(); p != NULL; p = p->next)
        if (p->group == group && p->state != PROCESS_ZOMBIE && p->parent != NULL &&
            p->parent->group != group && p->parent->session == p->session)
            return false;
    return true;
}

int job_find_group(int group, int session)
{
    for (const struct process *p = process_first(); p != NULL; p = p->next)
        if (p->group == group)
            return p->session == session ? 0 : -EPERM;
    return -ESRCH;
}

int job_stop_background(int number)
{
    const struct process *process = current_process();
    const bool is_unwanted =
        signal_is_ignored(process, number) || (current->signal_mask & SIGNAL_BIT(number)) != 0;

    if (is_unwanted)
        return number == SIGTTOU ? 0 : -EIO;
    if (job_is_orphaned(process->group))
        return -EIO;
    job_signal(process->group, number);
    return -EINTR;
}
