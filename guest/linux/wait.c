/* Waiting for children. */
#include "kernel.h"
#include "pidfd.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/wait.h>

struct wanted {
    int type, id; /* P_ALL, P_PID, P_PGID */
    int options;
};

static bool is_wanted(const struct process *child, const struct wanted *wanted)
{
    if (child->parent != current_process())
        return false;
    if ((child->exit_signal != SIGCHLD) != ((wanted->options & __WCLONE) != 0) &&
        (wanted->options & __WALL) == 0)
        return false;
    return wanted->type == P_ALL || (wanted->type == P_PID && child->id == wanted->id) ||
           (wanted->type == P_PGID && child->group == wanted->id);
}

/* Whether there is something to tell of a child. */
static bool has_news(const struct process *child, int options)
{
    switch (child->state) {
    case PROCESS_ZOMBIE:
        return (options & WEXITED) != 0;
    case PROCESS_STOPPED:
        return child->news && (options & WSTOPPED) != 0;
    default:
        return child->news && (options & WCONTINUED) != 0;
    }
}

/* The first child with news; NULL: *error is -ECHILD, -EINTR, or 0 if there are none now. */
static struct process *wait_for(const struct wanted *wanted, int *error)
{
    for (;;) {
        *error = -ECHILD;
        for (struct process *child = process_first(); child != NULL; child = child->next) {
            if (!is_wanted(child, wanted))
                continue;
            if (has_news(child, wanted->options))
                return child;
            *error = 0;
        }
        if (*error != 0 || (wanted->options & WNOHANG) != 0)
            return NULL;
        *error = wait_on(&current_process()->children, FOREVER);
        if (*error != 0)
            return NULL;
    }
}

/* With that of the children that it has waited for. */
static uint64_t cpu_time_of(const struct process *child)
{
    return process_cpu_time(child) + child->children_cpu_time;
}

static void take_news(struct process *child, int options)
{
    if ((options & WNOWAIT) != 0)
        return;
    child->news = false;
    if (child->state != PROCESS_ZOMBIE)
        return;
    current_process()->children_cpu_time += cpu_time_of(child);
    process_free(child);
}

long sys_wait4(int id, int *status, int options, void *usage)
{
    const struct wanted wanted = {
        .type = id == -1 ? P_ALL
                : id > 0 ? P_PID
                         : P_PGID,
        .id = id == 0   ? current_process()->group
              : id < -1 ? -id
                        : id,
        .options = options | WEXITED,
    };
    int error;

    if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | (int)__WCLONE | __WALL)) != 0)
        return -EINVAL;

    struct process *child = wait_for(&wanted, &error);
    if (child == NULL)
        return error;
    const int found = child->id;
    const unsigned news = child->wait_status;
    const uint64_t cpu_time = cpu_time_of(child);
    take_news(child, options);
    if (status != NULL && copy_to_user(status, &news, sizeof(news)) != 0)
        return -EFAULT;
    if (usage != NULL && rusage_to_user(cpu_time, usage) != 0)
        return -EFAULT;
    return found;
}

static void describe(const struct process *child, siginfo_t *info)
{
    const unsigned status = child->wait_status;

    *info = (siginfo_t){.si_signo = SIGCHLD};
    info->si_pid = child->id;
    if (child->state == PROCESS_STOPPED) {
        info->si_code = CLD_STOPPED;
        info->si_status = (int)(status >> 8);
    } else if (child->state == PROCESS_RUNS) {
        info->si_code = CLD_CONTINUED;
        info->si_status = SIGCONT;
    } else if ((status & 0x7f) != 0) {
        info->si_code = CLD_KILLED;
        info->si_status = (int)(status & 0x7f);
    } else {
        info->si_code = CLD_EXITED;
        info->si_status = (int)(status >> 8);
    }
}

/* P_PIDFD names the process by a descriptor. */
static int resolve(struct wanted *wanted, bool *is_nonblocking)
{
    if (wanted->type == P_PIDFD) {
        wanted->type = P_PID;
        wanted->id = pidfd_process(wanted->id, is_nonblocking);
        return wanted->id < 0 ? wanted->id : 0;
    }
    if (wanted->type == P_PGID && wanted->id == 0)
        wanted->id = current_process()->group;
    return wanted->type == P_ALL || wanted->type == P_PID || wanted->type == P_PGID ? 0 : -EINVAL;
}

long sys_waitid(int type, int id, void *to, int options, void *usage)
{
    struct wanted wanted = {.type = type, .id = id, .options = options};
    bool is_nonblocking = false;
    siginfo_t info = {0};
    uint64_t cpu_time = 0;
    int error;

    if ((options & (WEXITED | WSTOPPED | WCONTINUED)) == 0)
        return -EINVAL;
    error = resolve(&wanted, &is_nonblocking);
    if (error != 0)
        return error;
    if (is_nonblocking)
        wanted.options |= WNOHANG;

    struct process *child = wait_for(&wanted, &error);
    if (child == NULL && error != 0)
        return error;
    if (child == NULL && is_nonblocking && (options & WNOHANG) == 0)
        return -EAGAIN;
    if (child != NULL) {
        describe(child, &info);
        cpu_time = cpu_time_of(child);
        take_news(child, options);
    }
    if (to != NULL && copy_to_user(to, &info, sizeof(info)) != 0)
        return -EFAULT;
    return usage != NULL && child != NULL ? rusage_to_user(cpu_time, usage) : 0;
}
