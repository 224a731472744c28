/* System calls about signals: actions, masks, waiting, stacks for handlers. */
#include "kernel.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/signal.h>

long sys_rt_sigaction(int number, const void *new, void *old, size_t mask_size)
{
    struct process *process = current_process();
    struct signal_action action;

    if (mask_size != sizeof(action.mask) || number < 1 || number > SIGNALS)
        return -EINVAL;
    if (new != NULL && (SIGNAL_BIT(number) & SIGNALS_UNBLOCKABLE) != 0)
        return -EINVAL;
    if (new != NULL && copy_from_user(&action, new, sizeof(action)) != 0)
        return -EFAULT;

    struct signal_action *kept = &process->actions->of[number - 1];
    if (old != NULL && copy_to_user(old, kept, sizeof(*kept)) != 0)
        return -EFAULT;
    if (new == NULL)
        return 0;
    *kept = action;
    kept->mask &= ~SIGNALS_UNBLOCKABLE;
    if (signal_is_ignored(process, number))
        signals_discard_set(process, SIGNAL_BIT(number));
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
        current->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
    }
    return old != NULL ? copy_to_user(old, &before, sizeof(before)) : 0;
}

long sys_rt_sigpending(void *to, size_t size)
{
    uint64_t set = signal_pending_set(current) & current->signal_mask;

    return size <= sizeof(set) ? copy_to_user(to, &set, size) : -EINVAL;
}

void signal_mask_swap(uint64_t mask)
{
    current->saved_mask = current->signal_mask;
    current->restore_mask = true;
    current->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
}

long sys_rt_sigsuspend(const void *mask, size_t size)
{
    struct wait_queue nobody = {0};
    uint64_t set;

    if (size != sizeof(set))
        return -EINVAL;
    if (copy_from_user(&set, mask, sizeof(set)) != 0)
        return -EFAULT;
    signal_mask_swap(set);
    while (wait_on(&nobody, FOREVER) != -EINTR)
        ;
    return -EINTR;
}

long sys_pause(void)
{
    struct wait_queue nobody = {0};

    while (wait_on(&nobody, FOREVER) != -EINTR)
        ;
    return -EINTR;
}

long sys_rt_sigtimedwait(const void *set, void *to, const void *timeout, size_t size)
{
    struct wait_queue nobody = {0};
    uint64_t wanted, time, deadline = FOREVER;
    struct signal_info *signal;

    if (size != sizeof(wanted))
        return -EINVAL;
    if (copy_from_user(&wanted, set, sizeof(wanted)) != 0)
        return -EFAULT;
    if (timeout != NULL) {
        int error = time_from_user(timeout, &time);
        if (error != 0)
            return error;
        deadline = time_monotonic() + time;
    }
    wanted &= ~SIGNALS_UNBLOCKABLE;
    while ((signal = signal_take(current, wanted)) == NULL) {
        current->awaited = wanted;
        int error = wait_on(&nobody, deadline);
        current->awaited = 0;
        if (error == -ETIMEDOUT)
            return -EAGAIN;
        if (error == -EINTR && (signal_pending_set(current) & wanted) == 0)
            return -EINTR;
    }
    const int number = signal->info.si_signo;
    int error = to != NULL ? copy_to_user(to, &signal->info, sizeof(signal->info)) : 0;
    kfree(signal);
    return error != 0 ? error : number;
}

long sys_sigaltstack(const void *new, void *old)
{
    struct {
        uint64_t stack;
        int flags;
        uint64_t size;
    } user = {current->alternate_stack, current->alternate_flags, current->alternate_size};
    const uint64_t sp = thread_registers(current)->rsp;
    const bool is_on = sp - current->alternate_stack < current->alternate_size;

    if (user.size == 0)
        user.flags = SS_DISABLE;
    else if (is_on)
        user.flags |= SS_ONSTACK;
    if (old != NULL && copy_to_user(old, &user, sizeof(user)) != 0)
        return -EFAULT;
    if (new == NULL)
        return 0;
    if (is_on)
        return -EPERM;
    if (copy_from_user(&user, new, sizeof(user)) != 0)
        return -EFAULT;
    if ((user.flags & ~(int)SS_FLAG_BITS & ~SS_DISABLE & ~SS_ONSTACK) != 0)
        return -EINVAL;
    if ((user.flags & SS_DISABLE) != 0)
        user.size = 0;
    else if (user.size < MINSIGSTKSZ)
        return -ENOMEM;
    current->alternate_stack = user.stack;
    current->alternate_size = user.size;
    current->alternate_flags = user.flags & (int)SS_FLAG_BITS;
    return 0;
}
