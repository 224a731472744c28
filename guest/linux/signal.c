/* Signals: actions and masks are remembered; what has no handler does what is done by default. */
#include "signal.h"

#include "kernel.h"
#include "process.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/signal.h>

#define SIGNAL_EXIT  0x100u /* in LINUX_CALL_EXIT's status */
#define BIT(signal)  (1ul << ((signal)-1))
#define UNBLOCKABLE  (BIT(SIGKILL) | BIT(SIGSTOP))
#define DEFAULT      0ul
#define IGNORE       1ul
#define IGNORED_MASK (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))

static const char *describe(int signal)
{
    switch (signal) {
    case SIGSEGV:
        return "segmentation fault";
    case SIGBUS:
        return "bus error";
    case SIGFPE:
        return "arithmetic error";
    case SIGILL:
        return "illegal instruction";
    case SIGTRAP:
        return "trap";
    case SIGKILL:
        return "out of memory";
    default:
        return "signal";
    }
}

void signal_fault(struct registers *registers, struct fault fault, uint64_t address)
{
    log_line("%s[%d]: %s at address 0x%lx, by the instruction at 0x%lx",
             current_process()->command, current_process()->id, describe(fault.signal), address,
             registers->rip);
    process_exit(SIGNAL_EXIT | (unsigned)fault.signal);
}

int signal_send(struct process *process, int signal)
{
    if (signal < 0 || signal > SIGNALS)
        return -EINVAL;
    if (signal == 0 || process->actions[signal - 1].handler == IGNORE)
        return 0;
    if (process->actions[signal - 1].handler == DEFAULT && (BIT(signal) & IGNORED_MASK) == 0)
        process_exit(SIGNAL_EXIT | (unsigned)signal);
    return 0;
}

long sys_rt_sigaction(int signal, const void *new, void *old, size_t mask_size)
{
    struct signal_action action;

    if (mask_size != sizeof(action.mask) || signal < 1 || signal > SIGNALS)
        return -EINVAL;
    if (new != NULL && (BIT(signal) & UNBLOCKABLE) != 0)
        return -EINVAL;
    if (new != NULL && copy_from_user(&action, new, sizeof(action)) != 0)
        return -EFAULT;

    struct signal_action *kept = &current_process()->actions[signal - 1];
    if (old != NULL && copy_to_user(old, kept, sizeof(*kept)) != 0)
        return -EFAULT;
    if (new != NULL) {
        *kept = action;
        kept->mask &= ~UNBLOCKABLE;
    }
    return 0;
}

long sys_rt_sigprocmask(int how, const void *new, void *old, size_t mask_size)
{
    uint64_t mask, before = current->signal_mask;

    if (mask_size != sizeof(mask))
        return -EINVAL;
    if (new != NULL) {
        if (copy_from_user(&mask, new, sizeof(mask)) != 0)
            return -EFAULT;
        switch (how) {
        case SIG_BLOCK:
            mask |= before;
            break;
        case SIG_UNBLOCK:
            mask = before & ~mask;
            break;
        case SIG_SETMASK:
            break;
        default:
            return -EINVAL;
        }
        current->signal_mask = mask & ~UNBLOCKABLE;
    }
    return old != NULL ? copy_to_user(old, &before, sizeof(before)) : 0;
}

long sys_sigaltstack(const void *new, void *old)
{
    struct {
        uint64_t stack;
        int flags;
        uint64_t size;
    } user;

    if (old != NULL) {
        user.stack = current->alternate.stack;
        user.flags = current->alternate.size != 0 ? current->alternate.flags : SS_DISABLE;
        user.size = current->alternate.size;
        if (copy_to_user(old, &user, sizeof(user)) != 0)
            return -EFAULT;
    }
    if (new == NULL)
        return 0;
    if (copy_from_user(&user, new, sizeof(user)) != 0)
        return -EFAULT;
    if ((user.flags & SS_DISABLE) != 0)
        user.size = 0;
    else if (user.size < MINSIGSTKSZ)
        return -ENOMEM;
    current->alternate.stack = user.stack;
    current->alternate.size = user.size;
    current->alternate.flags = user.flags;
    return 0;
}

long sys_kill(int process, int signal)
{
    struct process *to = process > 0 ? process_find(process) : current_process();

    return to != NULL ? signal_send(to, signal) : -ESRCH;
}

long sys_tkill(int thread, int signal)
{
    return sys_kill(thread, signal);
}

long sys_tgkill(int process, int thread, int signal)
{
    return process == thread ? sys_kill(process, signal) : -ESRCH;
}
