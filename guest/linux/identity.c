/* Who and where a program is: names, numbers, limits, what there is of the machine. */
#include "host.h"
#include "itimer.h"
#include "kernel.h"
#include "process.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <asm/prctl.h>
#include <linux/membarrier.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>

#define ROBUST_HEAD_SIZE 24 /* struct robust_list_head */

long sys_getpid(void)
{
    return current_process()->id;
}

long sys_gettid(void)
{
    return current->id;
}

long sys_getppid(void)
{
    const struct process *parent = current_process()->parent;

    return parent != NULL ? parent->id : 0;
}

static struct process *process_or_current(int id)
{
    return id == 0 ? current_process() : process_find(id);
}

long sys_getpgid(int id)
{
    const struct process *process = process_or_current(id);

    return process != NULL ? process->group : -ESRCH;
}

long sys_getpgrp(void)
{
    return current_process()->group;
}

long sys_setpgid(int id, int group)
{
    struct process *process = process_or_current(id);

    if (process == NULL)
        return -ESRCH;
    if (group < 0)
        return -EINVAL;
    process->group = group == 0 ? process->id : group;
    return 0;
}

long sys_getsid(int id)
{
    const struct process *process = process_or_current(id);

    return process != NULL ? process->session : -ESRCH;
}

long sys_setsid(void)
{
    struct process *process = current_process();

    if (process->group == process->id)
        return -EPERM;
    process->group = process->session = process->id;
    return process->id;
}

/* ---- Limits ---- */

/* All ids of the other one are the caller's. */
static bool may_limit(const struct process *process)
{
    const struct ids *user = &process->credentials.user, *group = &process->credentials.group;
    const uint32_t uid = current_credentials()->user.real, gid = current_credentials()->group.real;

    return process == current_process() || is_capable(CAP_SYS_RESOURCE) ||
           (user->real == uid && user->effective == uid && user->saved == uid &&
            group->real == gid && group->effective == gid && group->saved == gid);
}

long sys_prlimit64(int id, unsigned resource, const void *new, void *old)
{
    struct process *process = process_or_current(id);
    struct limit limit;

    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (process == NULL)
        return -ESRCH;
    if (!may_limit(process))
        return -EPERM;
    if (new != NULL) {
        if (copy_from_user(&limit, new, sizeof(limit)) != 0)
            return -EFAULT;
        if (limit.soft > limit.hard)
            return -EINVAL;
        if (limit.hard > process->limits[resource].hard && !is_capable(CAP_SYS_RESOURCE))
            return -EPERM;
    }
    if (old != NULL && copy_to_user(old, &process->limits[resource], sizeof(limit)) != 0)
        return -EFAULT;
    if (new == NULL)
        return 0;
    process->limits[resource] = limit;
    if (resource == RLIMIT_STACK)
        process->space->stack_limit = limit.soft;
    if (resource == RLIMIT_CPU)
        itimers_limit(process);
    return 0;
}

long sys_getrlimit(unsigned resource, void *to)
{
    return sys_prlimit64(0, resource, NULL, to);
}

long sys_setrlimit(unsigned resource, const void *from)
{
    return sys_prlimit64(0, resource, from, NULL);
}

int rusage_to_user(uint64_t cpu_time, void *to)
{
    const struct rusage usage = {
        .ru_utime = {(long)(cpu_time / NSEC_PER_SEC), (long)(cpu_time % NSEC_PER_SEC / 1000)},
        .ru_maxrss = (long)((pages_total() - pages_free()) * (PAGE_SIZE / 1024)),
    };

    return copy_to_user(to, &usage, sizeof(usage));
}

long sys_getrusage(int who, void *to)
{
    const struct process *process = current_process();
    uint64_t used;

    switch (who) {
    case RUSAGE_SELF:
        used = process_cpu_time(process);
        break;
    case RUSAGE_CHILDREN:
        used = process->children_cpu_time;
        break;
    case RUSAGE_THREAD:
        used = thread_cpu_time(current);
        break;
    default:
        return -EINVAL;
    }
    return rusage_to_user(used, to);
}

/* ---- The machine ---- */

long sys_sysinfo(void *to)
{
    struct sysinfo info = {
        .uptime = (long)(time_monotonic() / NSEC_PER_SEC),
        .totalram = pages_total() * PAGE_SIZE,
        .freeram = pages_free() * PAGE_SIZE,
        .mem_unit = 1,
    };

    for (const struct process *p = process_first(); p != NULL; p = p->next)
        info.procs++;
    return copy_to_user(to, &info, sizeof(info));
}

/* Of the calls about scheduling, which name a thread; 0 is the running one. */
static int check_thread(int id)
{
    if (id < 0)
        return -EINVAL;
    return id == 0 || thread_find(id) != NULL ? 0 : -ESRCH;
}

long sys_sched_getaffinity(int id, size_t size, void *mask)
{
    const uint64_t one = 1;

    if (check_thread(id) != 0)
        return -ESRCH;
    if (size < sizeof(one) || size % sizeof(one) != 0)
        return -EINVAL;
    return copy_to_user(mask, &one, sizeof(one)) == 0 ? (long)sizeof(one) : -EFAULT;
}

long sys_sched_setaffinity(int id, size_t size, const void *mask)
{
    uint8_t first;

    if (check_thread(id) != 0)
        return -ESRCH;
    if (size == 0)
        return -EINVAL;
    if (copy_from_user(&first, mask, sizeof(first)) != 0)
        return -EFAULT;
    return (first & 1) != 0 ? 0 : -EINVAL;
}

long sys_getcpu(unsigned *cpu, unsigned *node)
{
    if ((cpu != NULL && zero_user(cpu, sizeof(*cpu)) != 0) ||
        (node != NULL && zero_user(node, sizeof(*node)) != 0))
        return -EFAULT;
    return 0;
}

/* There is one CPU, and no other scheduling than that all have their turn. */
long sys_sched_getscheduler(int id)
{
    return check_thread(id);
}

/* Only the usual policy is there, whose priority is 0. */
long sys_sched_setscheduler(int id, int policy, const void *parameter)
{
    int priority, error = check_thread(id);

    if (error != 0)
        return error;
    if (copy_from_user(&priority, parameter, sizeof(priority)) != 0)
        return -EFAULT;
    return policy >= 0 && policy <= 5 && priority == 0 ? 0 : -EINVAL;
}

long sys_sched_setparam(int id, const void *parameter)
{
    return sys_sched_setscheduler(id, 0, parameter);
}

long sys_sched_getparam(int id, void *to)
{
    const int error = check_thread(id);

    return error != 0 ? error : zero_user(to, sizeof(int));
}

/* The first fields of struct sched_attr, which are all that is there of it. */
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

long sys_sched_setattr(int id, const void *attributes, unsigned flags)
{
    struct scheduling scheduling;

    if (flags != 0)
        return -EINVAL;
    if (check_thread(id) != 0)
        return -ESRCH;
    if (copy_from_user(&scheduling, attributes, sizeof(scheduling)) != 0)
        return -EFAULT;
    if (scheduling.policy > 5 || scheduling.priority != 0)
        return -EINVAL;
    return sys_setpriority(PRIO_PROCESS, id, scheduling.nice);
}

long sys_sched_getattr(int id, void *to, unsigned size, unsigned flags)
{
    const struct process *process = process_or_current(id);
    const struct scheduling scheduling = {.size = sizeof(scheduling),
                                          .nice = process != NULL ? process->nice : 0};

    if (flags != 0 || size < sizeof(scheduling))
        return -EINVAL;
    if (check_thread(id) != 0)
        return -ESRCH;
    return copy_to_user(to, &scheduling, sizeof(scheduling));
}

long sys_sched_get_priority(int policy)
{
    return policy >= 0 && policy <= 6 ? 0 : -EINVAL;
}

/* There are no disks to wait for. */
long sys_ioprio_get(int which, int id)
{
    (void)which, (void)id;
    return 0;
}

long sys_ioprio_set(int which, int id, int priority)
{
    (void)which, (void)id, (void)priority;
    return 0;
}

/* On one CPU a switch of threads is a barrier. */
long sys_membarrier(int command, unsigned flags, int cpu)
{
    const int known = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
                      MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

    (void)cpu;
    if (flags != 0)
        return -EINVAL;
    if (command == MEMBARRIER_CMD_QUERY)
        return known;
    return command > 0 && (command & known) == command && (command & (command - 1)) == 0 ? 0
                                                                                         : -EINVAL;
}

/* Remembered, though all have their turn alike. */
long sys_getpriority(int which, int id)
{
    const struct process *process = which == PRIO_PROCESS ? process_or_current(id) : NULL;

    return process != NULL ? 20 - process->nice : which == PRIO_PROCESS ? -ESRCH : 20;
}

long sys_setpriority(int which, int id, int nice)
{
    struct process *process = which == PRIO_PROCESS ? process_or_current(id) : current_process();

    if (process == NULL)
        return -ESRCH;
    const struct ids *user = &process->credentials.user;
    const uint32_t own = current_credentials()->user.effective;
    if (own != user->real && own != user->effective && !is_capable(CAP_SYS_NICE))
        return -EPERM;
    if (nice < process->nice && !is_capable(CAP_SYS_NICE))
        return -EACCES;
    process->nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    return 0;
}

/* Linux' own, without randomization perhaps, which there is none of. */
long sys_personality(unsigned personality)
{
    struct process *process = current_process();
    const unsigned old = process->personality;

    if (personality == UINT32_MAX)
        return old;
    if ((personality & ~(unsigned)ADDR_NO_RANDOMIZE) != PER_LINUX)
        return -EINVAL;
    process->personality = personality;
    return old;
}

/* ---- The thread ---- */

long sys_arch_prctl(int code, uint64_t value)
{
    const uint64_t to = value;

    switch (code) {
    case ARCH_SET_FS:
        if (!space_is_user(value, 0))
            return -EPERM;
        __asm__ volatile("wrfsbase %0" : : "r"(value));
        return 0;
    case ARCH_SET_GS:
        if (!space_is_user(value, 0))
            return -EPERM;
        __asm__ volatile("wrgsbase %0" : : "r"(value));
        return 0;
    case ARCH_GET_FS:
        __asm__ volatile("rdfsbase %0" : "=r"(value) : : "memory");
        break;
    case ARCH_GET_GS:
        __asm__ volatile("rdgsbase %0" : "=r"(value) : : "memory");
        break;
    default:
        return -EINVAL;
    }
    return copy_to_user((void *)to, &value, sizeof(value));
}

long sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct process *process = current_process();
    char name[COMMAND_SIZE] = "";

    (void)c;
    (void)d;
    switch (option) {
    case PR_SET_NAME: {
        long length = string_from_user(name, (const char *)a, sizeof(name));
        if (length == -EFAULT)
            return -EFAULT;
        name[sizeof(name) - 1] = '\0';
        memcpy(process->command, name, sizeof(name));
        return 0;
    }
    case PR_GET_NAME:
        return copy_to_user((void *)a, process->command, sizeof(process->command));
    case PR_SET_DUMPABLE:
        process->not_dumpable = a == 0;
        return a <= 1 ? 0 : -EINVAL;
    case PR_GET_DUMPABLE:
        return process->not_dumpable ? 0 : 1;
    case PR_SET_NO_NEW_PRIVS:
        process->no_new_privileges = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return process->no_new_privileges ? 1 : 0;
    case PR_SET_PDEATHSIG:
        if (a > SIGNALS)
            return -EINVAL;
        process->parent_death_signal = (int)a;
        return 0;
    case PR_GET_PDEATHSIG:
        return copy_to_user((void *)a, &process->parent_death_signal,
                            sizeof(process->parent_death_signal));
    case PR_SET_CHILD_SUBREAPER:
        process->is_subreaper = a != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER: {
        const int is_subreaper = process->is_subreaper;
        return copy_to_user((void *)a, &is_subreaper, sizeof(is_subreaper));
    }
    case PR_SET_TIMERSLACK:
        return 0;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_GET_SECCOMP:
        return 0;
    default:
        return capability_control(option, a, b);
    }
}

long sys_set_tid_address(uint64_t address)
{
    current->clear_child_id = address;
    return current->id;
}

long sys_set_robust_list(uint64_t head, size_t size)
{
    if (size != ROBUST_HEAD_SIZE)
        return -EINVAL;
    current->robust_list = head;
    return 0;
}

long sys_get_robust_list(int id, uint64_t *head, size_t *size)
{
    const struct thread *thread = id == 0 ? current : thread_find(id);
    const size_t known = ROBUST_HEAD_SIZE;

    if (thread == NULL)
        return -ESRCH;
    if (copy_to_user(head, &thread->robust_list, sizeof(*head)) != 0)
        return -EFAULT;
    return copy_to_user(size, &known, sizeof(known));
}
