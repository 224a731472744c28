/* Signals: who gets them, and what is pending. */
#include "signal.h"

#include "kernel.h"

#include <asm/errno.h>
#include <linux/signal.h>

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

bool signal_is_ignored(const struct process *process, int number)
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

void signals_discard_set(struct process *process, uint64_t set)
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

/* That began the process; NULL: it has ended. */
static struct thread *first_thread(const struct process *process)
{
    return thread_find(process->id);
}

/* The signals to its process that a thread may handle: the first thread has precedence, as on
 * Linux, where it does not block them. */
static uint64_t left_by_first(const struct thread *thread)
{
    const struct thread *first = first_thread(thread->process);

    return first == NULL || first == thread ? UINT64_MAX : first->signal_mask | SIGNAL_BIT(SIGKILL);
}

bool signal_is_pending(const struct thread *thread)
{
    const struct process *process = thread->process;

    if ((process->is_exiting && process->survivor != thread) || process->state == PROCESS_STOPPED)
        return true;
    if (thread->signals == NULL && process->signals == NULL)
        return false;
    if ((signal_pending_set(thread) & thread->awaited) != 0)
        return true;
    return ((set_of(thread->signals) | (set_of(process->signals) & left_by_first(thread))) &
            ~thread->signal_mask) != 0;
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

struct signal_info *signal_take_unblocked(struct thread *thread)
{
    struct signal_info *signal = take(&thread->signals, ~thread->signal_mask);

    return signal != NULL
               ? signal
               : take(&thread->process->signals, ~thread->signal_mask & left_by_first(thread));
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
    signals_discard_set(process, STOPS);
    if (process->state != PROCESS_STOPPED)
        return;
    process->state = PROCESS_RUNS;
    process->news = true;
    process->wait_status = STATUS_CONTINUED;
    wake_all(&process->stopped);
    signal_child(process);
}

/* Whether it took the signal. */
static bool wake_for(struct thread *thread, int number)
{
    if ((SIGNAL_BIT(number) & thread->signal_mask & ~thread->awaited) != 0 ||
        thread->waiting_on == &thread->process->stopped)
        return false;
    wake_thread(thread);
    return true;
}

static void wake_receiver(struct process *process, struct thread *thread, int number)
{
    struct thread *first = thread != NULL ? thread : first_thread(process);

    if (number == SIGKILL)
        wake_all(&process->stopped);
    else if (first != NULL && (wake_for(first, number) || first == thread))
        return;
    for (struct thread *t = process->threads; t != NULL; t = t->next)
        if (wake_for(t, number) && number != SIGKILL)
            return;
}

int signal_send_info(struct process *process, struct thread *thread, const siginfo_t *info)
{
    const int number = info->si_signo;

    if (process->state == PROCESS_ZOMBIE || process->actions == NULL)
        return 0;
    if (number == SIGCONT)
        go_on(process);
    else if ((SIGNAL_BIT(number) & STOPS) != 0)
        signals_discard_set(process, SIGNAL_BIT(SIGCONT));

    const struct thread *any = thread != NULL ? thread : first_thread(process);
    if (any == NULL)
        any = process->threads;
    bool is_blocked = any != NULL && (any->signal_mask & SIGNAL_BIT(number)) != 0;
    if (!is_blocked && signal_is_ignored(process, number))
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
    info.si_uid = child->credentials.user.real;
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
