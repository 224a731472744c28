/* Signals: who gets them, and what is pending. */
#include "signal.h"

#include "kernel.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/signal.h>

#define UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define STOPS                                                                                      \
    (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define QUEUED_MAX 1024 /* of one real-time signal's kind, for one process */

#define DEFAULT 0ul
#define IGNORE  1ul

/* By default nothing happens. */
#define HARMLESS                                                                                   \
    (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))

/* ---- Actions ---- */

struct signal_actions *signal_actions_new(void)
{
    struct signal_actions *actions = kzalloc(sizeof(*actions));

    if (actions != NULL)
        actions->references = 1;
    return actions;
}

struct signal_actions *signal_actions_copy(const struct signal_actions *actions)
{
    struct signal_actions *copy = kmalloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *actions;
    copy->references = 1;
    return copy;
}

void signal_actions_put(struct signal_actions *actions)
{
    if (--actions->references == 0)
        kfree(actions);
}

void signal_actions_reset(struct signal_actions *actions)
{
    for (unsigned i = 0; i < SIGNALS; i++)
        if (actions->of[i].handler != IGNORE)
            actions->of[i] = (struct signal_action){.handler = DEFAULT};
}

static bool is_ignored(const struct process *process, int number)
{
    uint64_t handler = process->actions->of[number - 1].handler;

    return handler == IGNORE || (handler == DEFAULT && (SIGNAL_BIT(number) & HARMLESS) != 0);
}

/* ---- What is pending ---- */

void signals_discard(struct signal_info **list)
{
    while (*list != NULL) {
        struct signal_info *first = *list;

        *list = first->next;
        kfree(first);
    }
}

static void discard_set(struct signal_info **list, uint64_t set)
{
    while (*list != NULL) {
        struct signal_info *signal = *list;

        if ((SIGNAL_BIT(signal->info.si_signo) & set) == 0) {
            list = &signal->next;
            continue;
        }
        *list = signal->next;
        kfree(signal);
    }
}

static void discard_everywhere(struct process *process, uint64_t set)
{
    discard_set(&process->signals, set);
    for (struct thread *thread = process->threads; thread != NULL; thread = thread->next)
        discard_set(&thread->signals, set);
}

static uint64_t set_of(const struct signal_info *list)
{
    uint64_t set = 0;

    for (; list != NULL; list = list->next)
        set |= SIGNAL_BIT(list->info.si_signo);
    return set;
}

uint64_t signal_pending_set(const struct thread *thread)
{
    return set_of(thread->signals) | set_of(thread->process->signals);
}

bool signal_is_pending(const struct thread *thread)
{
    const struct process *process = thread->process;

    if (process->is_exiting && process->survivor != thread)
        return true;
    if (thread->signals == NULL && process->signals == NULL)
        return false;
    return (signal_pending_set(thread) & (~thread->signal_mask | thread->awaited)) != 0;
}

static struct signal_info *take(struct signal_info **list, uint64_t set)
{
    struct signal_info **least = NULL;

    for (; *list != NULL; list = &(*list)->next)
        if ((SIGNAL_BIT((*list)->info.si_signo) & set) != 0 &&
            (least == NULL || (*list)->info.si_signo < (*least)->info.si_signo))
            least = list;
    if (least == NULL)
        return NULL;

    struct signal_info *signal = *least;
    *least = signal->next;
    return signal;
}

struct signal_info *signal_take(struct thread *thread, uint64_t set)
{
    struct signal_info *signal = take(&thread->signals, set);

    return signal != NULL ? signal : take(&thread->process->signals, set);
}

/* Those below SIGRTMIN are pending once at most. */
static int queue(struct signal_info **list, const siginfo_t *info)
{
    unsigned count = 0;

    for (; *list != NULL; list = &(*list)->next)
        if ((*list)->info.si_signo == info->si_signo) {
            if (info->si_signo < SIGRTMIN)
                return 0;
            if (++count == QUEUED_MAX)
                return -EAGAIN;
        }

    struct signal_info *signal = kmalloc(sizeof(*signal));
    if (signal == NULL)
        return -EAGAIN;
    *signal = (struct signal_info){.info = *info};
    *list = signal;
    return 0;
}

/* ---- Sending ---- */

static void go_on(struct process *process)
{
    discard_everywhere(process, STOPS);
    if (process->state != PROCESS_STOPPED)
        return;
    process->state = PROCESS_RUNS;
    process->news = true;
    process->wait_status = STATUS_CONTINUED;
    wake_all(&process->stopped);
    signal_child(process);
}

static void wake_receiver(struct process *process, struct thread *thread, int number)
{
    if (number == SIGKILL)
        wake_all(&process->stopped);
    for (struct thread *t = process->threads; t != NULL; t = t->next) {
        if (thread != NULL && t != thread)
            continue;
        if ((SIGNAL_BIT(number) & t->signal_mask & ~t->awaited) != 0 ||
            t->waiting_on == &process->stopped)
            continue;
        wake_thread(t);
        if (thread == NULL && number != SIGKILL)
            return;
    }
}

int signal_send_info(struct process *process, struct thread *thread, const siginfo_t *info)
{
    const int number = info->si_signo;

    if (process->state == PROCESS_ZOMBIE || process->actions == NULL)
        return 0;
    if (number == SIGCONT)
        go_on(process);
    else if ((SIGNAL_BIT(number) & STOPS) != 0)
        discard_everywhere(process, SIGNAL_BIT(SIGCONT));

    const struct thread *any = thread != NULL ? thread : process->threads;
    bool is_blocked = any != NULL && (any->signal_mask & SIGNAL_BIT(number)) != 0;
    if (!is_blocked && is_ignored(process, number))
        return 0;
    int error = queue(thread != NULL ? &thread->signals : &process->signals, info);
    if (error == 0)
        wake_receiver(process, thread, number);
    poll_wake(); /* signalfd(2) */
    return error;
}

void signal_send(struct process *process, int number)
{
    signal_send_info(process, NULL, &(siginfo_t){.si_signo = number, .si_code = SI_KERNEL});
}

void signal_child(struct process *child)
{
    struct process *parent = child->parent;
    siginfo_t info = {.si_signo = SIGCHLD};

    if (parent == NULL || parent->actions == NULL)
        return;
    info.si_pid = child->id;
    if (child->state == PROCESS_ZOMBIE) {
        info.si_signo = child->exit_signal;
        info.si_code = (child->wait_status & 0x7f) == 0 ? CLD_EXITED : CLD_KILLED;
        info.si_status = (int)((child->wait_status & 0x7f) == 0 ? child->wait_status >> 8
                                                                : child->wait_status & 0x7f);
    } else {
        if ((parent->actions->of[SIGCHLD - 1].flags & SA_NOCLDSTOP) != 0) {
            wake_all(&parent->children);
            return;
        }
        info.si_code = child->state == PROCESS_STOPPED ? CLD_STOPPED : CLD_CONTINUED;
        info.si_status = child->state == PROCESS_STOPPED ? (int)(child->wait_status >> 8) : SIGCONT;
    }
    signal_send_info(parent, NULL, &info);
    wake_all(&parent->children);
}

void signal_from_outside(unsigned number)
{
    struct process *first = process_find(1);

    if (first != NULL && number >= 1 && number <= SIGNALS)
        signal_send(first, (int)number);
}

void signal_group(int group, int number)
{
    for (struct process *process = process_first(); process != NULL; process = process->next)
        if (process->group == group)
            signal_send(process, number);
}

/* ---- System calls ---- */

long sys_rt_sigaction(int number, const void *new, void *old, size_t mask_size)
{
    struct process *process = current_process();
    struct signal_action action;

    if (mask_size != sizeof(action.mask) || number < 1 || number > SIGNALS)
        return -EINVAL;
    if (new != NULL && (SIGNAL_BIT(number) & UNBLOCKABLE) != 0)
        return -EINVAL;
    if (new != NULL && copy_from_user(&action, new, sizeof(action)) != 0)
        return -EFAULT;

    struct signal_action *kept = &process->actions->of[number - 1];
    if (old != NULL && copy_to_user(old, kept, sizeof(*kept)) != 0)
        return -EFAULT;
    if (new == NULL)
        return 0;
    *kept = action;
    kept->mask &= ~UNBLOCKABLE;
    if (is_ignored(process, number))
        discard_everywhere(process, SIGNAL_BIT(number));
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

long sys_rt_sigpending(void *to, size_t size)
{
    uint64_t set = signal_pending_set(current) & current->signal_mask;

    return size <= sizeof(set) ? copy_to_user(to, &set, size) : -EINVAL;
}

void signal_mask_swap(uint64_t mask)
{
    current->saved_mask = current->signal_mask;
    current->restore_mask = true;
    current->signal_mask = mask & ~UNBLOCKABLE;
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
    wanted &= ~UNBLOCKABLE;
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
