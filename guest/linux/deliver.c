/* What becomes of signals when a thread goes back to its program. */
#include "job.h"
#include "kernel.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <asm/unistd.h>

#define CALL_SIZE 2 /* of the SYSCALL instruction */
#define DEFAULT   0ul
#define IGNORE    1ul

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
    case SIGKILL:
        return "out of memory";
    default:
        return "trap";
    }
}

static void log_fault(int number, uint64_t address, uint64_t instruction)
{
    log_line("%s[%d]: %s at address 0x%lx, by the instruction at 0x%lx", current_process()->command,
             current_process()->id, describe(number), address, instruction);
}

void signal_fault(struct registers *registers, struct fault fault, uint64_t address)
{
    struct process *process = current_process();
    const int number = fault.signal;
    const struct signal_action *action = &process->actions->of[number - 1];
    siginfo_t info = {.si_signo = number, .si_code = fault.code};

    if (action->handler == DEFAULT || action->handler == IGNORE ||
        (current->signal_mask & SIGNAL_BIT(number)) != 0) {
        log_fault(number, address, registers->rip);
        process_exit(STATUS_SIGNALED(number));
    }
    info.si_addr = (void *)address;
    current->fault_address = address;
    signal_send_info(process, current, &info);
}

void signal_out_of_memory(uint64_t address)
{
    if (current_process()->is_exiting)
        return;
    log_fault(SIGKILL, address, thread_registers(current)->rip);
    process_exit_later(STATUS_SIGNALED(SIGKILL));
}

/* The process stops, all its threads as they come here, until SIGCONT or its end. */
static void stop(int number)
{
    struct process *process = current_process();

    process->state = PROCESS_STOPPED;
    process->news = true;
    process->wait_status = STATUS_STOPPED(number);
    for (struct thread *thread = process->threads; thread != NULL; thread = thread->next)
        if (thread != current)
            wake_thread(thread);
    signal_child(process);
}

static void wait_while_stopped(void)
{
    struct process *process = current_process();

    while (process->state == PROCESS_STOPPED && !process->is_exiting &&
           (signal_pending_set(current) & SIGNAL_BIT(SIGKILL)) == 0)
        sleep_on(&process->stopped, FOREVER);
}

static void act_by_default(int number)
{
    switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
        return;
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        if (job_is_orphaned(current_process()->group))
            return;
        /* fall through */
    case SIGSTOP:
        if (current_process()->id != 1)
            stop(number);
        return;
    default:
        process_exit(STATUS_SIGNALED(number));
    }
}

/* After what an interrupted call may be made again: see signal(7). */
enum restart { NEVER, AFTER_STOP, AFTER_HANDLER };

static enum restart restart_of(uint64_t call)
{
    switch (call) {
    case __NR_epoll_wait:
    case __NR_epoll_pwait:
    case __NR_epoll_pwait2:
    case __NR_rt_sigtimedwait:
        return NEVER;
    case __NR_poll:
    case __NR_ppoll:
    case __NR_select:
    case __NR_pselect6:
    case __NR_nanosleep:
    case __NR_clock_nanosleep:
    case __NR_pause:
    case __NR_rt_sigsuspend:
        return AFTER_STOP;
    default:
        return AFTER_HANDLER;
    }
}

/* The call is made again when the program goes on. */
static void restart(struct registers *registers)
{
    registers->rax = registers->call;
    registers->rip -= CALL_SIZE;
}

uint64_t signal_deadline(uint64_t deadline)
{
    const uint64_t before = current->deadline;

    current->deadline = 0;
    return before != 0 ? before : deadline;
}

void signal_keep_deadline(uint64_t deadline)
{
    current->deadline = deadline;
}

static void run_handler(struct registers *registers, const siginfo_t *info, bool *was_interrupted)
{
    struct signal_action *action = &current_process()->actions->of[info->si_signo - 1];
    const struct signal_action taken = *action;

    if (*was_interrupted && (taken.flags & SA_RESTART) != 0 &&
        restart_of(registers->call) == AFTER_HANDLER)
        restart(registers);
    *was_interrupted = false;
    current->deadline = 0;
    if (signal_frame_make(registers, &taken, info) != 0) {
        log_line("%s[%d]: no stack for the handler of signal %d", current_process()->command,
                 current_process()->id, info->si_signo);
        process_exit(STATUS_SIGNALED(SIGSEGV));
    }
    current->restore_mask = false;
    current->signal_mask |= taken.mask;
    if ((taken.flags & SA_NODEFER) == 0)
        current->signal_mask |= SIGNAL_BIT(info->si_signo);
    if ((taken.flags & SA_RESETHAND) != 0)
        action->handler = DEFAULT;
}

void signal_deliver(struct registers *registers, bool is_call)
{
    bool was_interrupted = is_call && registers->rax == (uint64_t)-EINTR;
    struct signal_info *signal;

    while (signal_is_pending(current)) {
        struct process *process = current_process();

        if (process->is_exiting && process->survivor != current)
            thread_exit(process->wait_status);
        wait_while_stopped();
        signal = signal_take_unblocked(current);
        if (signal == NULL)
            continue;

        const siginfo_t info = signal->info;
        const uint64_t handler = process->actions->of[info.si_signo - 1].handler;
        kfree(signal);
        if (handler == DEFAULT)
            act_by_default(info.si_signo);
        else if (handler != IGNORE)
            run_handler(registers, &info, &was_interrupted);
    }
    if (was_interrupted && restart_of(registers->call) != NEVER)
        restart(registers);
    if (current->restore_mask) {
        current->restore_mask = false;
        current->signal_mask = current->saved_mask;
    }
}

/* ---- kill(2) and its like ---- */

static siginfo_t info_of(int number, int code)
{
    siginfo_t info = {.si_signo = number, .si_code = code};

    info.si_pid = current_process()->id;
    info.si_uid = current_credentials()->user.real;
    return info;
}

/* By its user, by root, and within a session with SIGCONT. */
static bool may_signal(const struct process *process, int number)
{
    const struct credentials *own = current_credentials(), *other = &process->credentials;
    const uint32_t real = own->user.real, effective = own->user.effective;

    return effective == other->user.saved || effective == other->user.real ||
           real == other->user.saved || real == other->user.real || is_capable(CAP_KILL) ||
           (number == SIGCONT && process->session == current_process()->session);
}

static long send(struct process *process, struct thread *thread, const siginfo_t *info)
{
    if (!may_signal(process, info->si_signo))
        return -EPERM;
    return info->si_signo == 0 ? 0 : signal_send_info(process, thread, info);
}

/* 0 where one of them could be sent it. */
static long kill_all(int group, const siginfo_t *info)
{
    long result = -ESRCH;

    for (struct process *p = process_first(); p != NULL; p = p->next) {
        bool is_meant = group != -1 ? p->group == group : p->id != 1 && p != current_process();

        if (!is_meant || p->state == PROCESS_ZOMBIE)
            continue;
        long error = send(p, NULL, info);
        result = result == 0 ? 0 : error;
    }
    return result;
}

long sys_kill(int id, int number)
{
    const siginfo_t info = info_of(number, SI_USER);

    if (number < 0 || number > SIGNALS)
        return -EINVAL;
    if (id <= 0)
        return kill_all(id == 0 ? current_process()->group : id == -1 ? -1 : -id, &info);

    struct process *process = process_find(id);
    if (process == NULL)
        return -ESRCH;
    return send(process, NULL, &info);
}

static long send_to_thread(int process, int id, const siginfo_t *info)
{
    struct thread *thread = thread_find(id);

    if (info->si_signo < 0 || info->si_signo > SIGNALS || id <= 0)
        return -EINVAL;
    if (thread == NULL || (process != -1 && thread->process->id != process))
        return -ESRCH;
    return send(thread->process, thread, info);
}

long sys_tkill(int thread, int number)
{
    const siginfo_t info = info_of(number, SI_TKILL);

    return send_to_thread(-1, thread, &info);
}

long sys_tgkill(int process, int thread, int number)
{
    const siginfo_t info = info_of(number, SI_TKILL);

    return process > 0 ? send_to_thread(process, thread, &info) : -EINVAL;
}

long sys_rt_sigqueueinfo(int id, int number, const void *user)
{
    struct process *process = process_find(id);
    siginfo_t info;

    if (copy_from_user(&info, user, sizeof(info)) != 0)
        return -EFAULT;
    info.si_signo = number;
    if (number < 0 || number > SIGNALS)
        return -EINVAL;
    if (process == NULL)
        return -ESRCH;
    return send(process, NULL, &info);
}

long sys_rt_tgsigqueueinfo(int process, int thread, int number, const void *user)
{
    siginfo_t info;

    if (copy_from_user(&info, user, sizeof(info)) != 0)
        return -EFAULT;
    info.si_signo = number;
    return send_to_thread(process, thread, &info);
}
