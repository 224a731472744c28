/* The supervisor's loop: see supervisor.h. Its descriptors are those of policy/fds.h. */
#include "supervisor.h"

#include "options.h"
#include "signals.h"
#include "timing.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP       (TIMING_SECOND / 5) /* a VM that has run this long is up */
#define PATIENCE TIMING_SECOND       /* at the end, with a terminal that is stopped */

static siginfo_t reap_jail(int pidfd)
{
    siginfo_t end = {0};

    while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0)
        if (errno != EINTR)
            err(1, "cannot wait for a jail");
    return end;
}

/* The jailer's exit status for a process that ended by itself; logs what killed it, if anything. */
static int status_of(struct supervisor *supervisor, const char *program, const siginfo_t *end)
{
    if (end->si_code == CLD_EXITED)
        return end->si_status;
    if (end->si_status != SIGSYS)
        user_log_say(&supervisor->log, "%s was killed by signal %d (%s)%s", program, end->si_status,
                     strsignal(end->si_status),
                     supervisor->has_limits ? "; a --resource-limit may be too low for it" : "");
    else if (!kernel_log_told(&supervisor->kernel_log, program))
        user_log_say(&supervisor->log,
                     "%s was killed by SIGSYS: it made a system call that its policy does not "
                     "allow; the kernel log says which (as root: dmesg | grep type=1326)",
                     program);
    return STATUS_SIGNAL + end->si_status;
}

enum {
    SIGNALS,
    VMM_END,
    WARDEN_END,
    JANITOR_END,
    INPUT,
    OUTPUT,
    VMM_LOG,
    BROKER_LOG,
    KERNEL_LOG,
    LEDGER,
    USER_LOG,
    BUILT,
    HOLD,
    READY,
    POLLED
};

/* The warden knows that the broker was killed, but not why. */
static void say_broker_oom(struct supervisor *supervisor)
{
    unsigned long kills =
        supervisor->cgroups.count > 0 ? cgroups_oom_kills(SUPERVISOR_FD_BROKER_EVENTS) : 0;

    if (kills > supervisor->broker_oom_kills)
        user_log_say(&supervisor->log,
                     "the broker's cgroup had no memory left; the kernel killed a process in it");
    supervisor->broker_oom_kills = kills;
}

/* Serves relays and logs. */
static void serve(struct supervisor *supervisor, const struct pollfd polled[POLLED])
{
    if (polled[INPUT].revents != 0) {
        relay_move(&supervisor->input);
        if (!supervisor->input.is_raw)
            supervisor->output.in_line =
                supervisor->input.in_line; /* the terminal shows the keys */
    }
    if (polled[OUTPUT].revents != 0)
        relay_move(&supervisor->output);
    if (polled[VMM_LOG].revents != 0)
        log_move(&supervisor->vmm_log, &supervisor->log);
    if (polled[BROKER_LOG].revents != 0) {
        say_broker_oom(supervisor);
        log_move(&supervisor->broker_log, &supervisor->log);
    }
    if (polled[KERNEL_LOG].revents != 0)
        kernel_log_read(&supervisor->kernel_log);
    ledger_serve(&supervisor->ledger, &polled[LEDGER], &supervisor->log);
    if (polled[USER_LOG].revents != 0)
        user_log_write(&supervisor->log);
    user_log_tell(&supervisor->log, false);
    status_update(supervisor);
}

static long long earlier(long long a, long long b)
{
    return a < b ? a : b;
}

/* Waits for the next events, or until `deadline`. */
static void wait_for_events(struct supervisor *supervisor, struct pollfd polled[POLLED],
                            long long deadline)
{
    polled[SIGNALS] = (struct pollfd){.fd = SUPERVISOR_FD_SIGNALS, .events = POLLIN};
    polled[VMM_END] = (struct pollfd){.fd = SUPERVISOR_FD_VMM_PID, .events = POLLIN};
    polled[WARDEN_END] = (struct pollfd){.fd = SUPERVISOR_FD_WARDEN_PID, .events = POLLIN};
    polled[JANITOR_END] = (struct pollfd){
        .fd = supervisor->cgroups.count > 0 ? SUPERVISOR_FD_JANITOR_PID : -1, .events = POLLIN};
    polled[INPUT] = relay_poll(&supervisor->input);
    polled[OUTPUT] = relay_poll(&supervisor->output);
    polled[VMM_LOG] = log_poll(&supervisor->vmm_log);
    polled[BROKER_LOG] = log_poll(&supervisor->broker_log);
    polled[KERNEL_LOG] = (struct pollfd){.fd = supervisor->kernel_log.fd, .events = POLLIN};
    polled[LEDGER] = ledger_poll(&supervisor->ledger);
    polled[USER_LOG] = user_log_poll(&supervisor->log);
    polled[BUILT] =
        (struct pollfd){.fd = supervisor->building ? SUPERVISOR_FD_START : -1, .events = POLLIN};
    polled[HOLD] =
        (struct pollfd){.fd = supervisor->held && !supervisor->building ? SUPERVISOR_FD_HOLD : -1,
                        .events = POLLIN};
    polled[READY] =
        (struct pollfd){.fd = supervisor->awaited ? SUPERVISOR_FD_READY : -1, .events = POLLIN};
    for (int i = 0; i < POLLED; i++)
        polled[i].revents = 0;
    deadline = earlier(deadline, user_log_wakes(&supervisor->log));
    deadline = earlier(deadline, log_wakes(&supervisor->vmm_log));
    deadline = earlier(deadline, log_wakes(&supervisor->broker_log));
    deadline = earlier(deadline, ledger_wakes(&supervisor->ledger));
    deadline = earlier(deadline, status_wakes(supervisor->status));
    if (poll(polled, POLLED, timing_ms_until(deadline)) < 0 && errno != EINTR)
        err(1, "cannot wait for the jails");
}

/* The VM is up, or has ended with this status: a daemon's parent may exit. */
static void tell_starter(struct supervisor *supervisor, int status)
{
    if (supervisor->starter == STARTER_NONE)
        return;
    if (supervisor->starter == STARTER_PARENT && supervisor->log.is_terminal)
        dup2(STDOUT_FILENO, FD_LOG); /* /dev/null */
    if (!starter_tell(supervisor->starter, status)) {
        supervisor->up = timing_now() + UP;
        return;
    }
    close(SUPERVISOR_FD_STARTER);
    supervisor->starter = STARTER_NONE;
    supervisor->up = LLONG_MAX;
}

/* Starts the guest. */
static void let_go(struct supervisor *supervisor)
{
    if (supervisor->held)
        close(SUPERVISOR_FD_HOLD);
    supervisor->held = false;
    if (supervisor->starter != STARTER_NONE)
        supervisor->up = timing_now() + UP;
    if (write(SUPERVISOR_FD_START, "", 1) != 1) /* the VMM has ended, which will be seen, too */
        return;
    close(SUPERVISOR_FD_START);
}

/* The VMM says that the VM is built, which we pass on, or has ended. */
static void take_built(struct supervisor *supervisor)
{
    char word;

    supervisor->building = false;
    if (read(SUPERVISOR_FD_START, &word, 1) != 1)
        return; /* likewise */
    if (supervisor->awaited && write(SUPERVISOR_FD_READY, "", 1) != 1)
        return;
    if (!supervisor->held)
        let_go(supervisor);
}

/* Whoever has us built has answered, and may go. False if it has ended without that. */
static bool take_answer(struct supervisor *supervisor)
{
    char answer;
    const bool answered = read(SUPERVISOR_FD_READY, &answer, 1) == 1;

    close(SUPERVISOR_FD_READY);
    supervisor->awaited = false;
    return answered;
}

/* what ended the VM; the first three are the deaths of processes */
enum cause { VMM_ENDED, WARDEN_ENDED, JANITOR_ENDED, SIGNALLED, TIMED_OUT, GRACE_OVER, FORSAKEN };

/* Waits until something ends the VM; if that is a signal, sets `signal`. */
static enum cause wait_for_end(struct supervisor *supervisor, long long start, int *signal)
{
    const long long end = supervisor->timeout_seconds == 0
                              ? LLONG_MAX
                              : start + supervisor->timeout_seconds * TIMING_SECOND;

    for (;;) {
        struct pollfd polled[POLLED];

        wait_for_events(supervisor, polled,
                        earlier(earlier(end, supervisor->up), supervisor->grace_end));
        if (polled[VMM_END].revents != 0)
            return VMM_ENDED;
        if (polled[SIGNALS].revents != 0 && (*signal = signals_take(supervisor)) != 0)
            return SIGNALLED;
        if (polled[WARDEN_END].revents != 0)
            return WARDEN_ENDED;
        if (polled[JANITOR_END].revents != 0)
            return JANITOR_ENDED;
        if (timing_ms_until(end) == 0)
            return TIMED_OUT;
        if (timing_ms_until(supervisor->grace_end) == 0)
            return GRACE_OVER;
        if (polled[READY].revents != 0 && !take_answer(supervisor))
            return FORSAKEN;
        if (polled[BUILT].revents != 0)
            take_built(supervisor);
        if (polled[HOLD].revents != 0)
            let_go(supervisor);
        if (timing_ms_until(supervisor->up) == 0)
            tell_starter(supervisor, 0);
        if (polled[INPUT].revents != 0 && (*signal = foreground_keep(supervisor)) != 0)
            return SIGNALLED;
        serve(supervisor, polled);
        if (supervisor->vmm_log.from < 0) /* only its end closes it: it is dying */
            return VMM_ENDED;
        if (supervisor->input.escaped) {
            *signal = SIGKILL;
            return SIGNALLED;
        }
    }
}

static void finish(struct log *log, struct user_log *out)
{
    struct pollfd polled = {.fd = log->from, .events = POLLIN};

    log->ended = true;
    while (log->from >= 0 && poll(&polled, 1, 0) > 0)
        log_move(log, out);
}

/* Relays the last output of the jails, which are dead; does not wait for a stopped terminal. */
static void finish_relays(struct supervisor *supervisor)
{
    const long long deadline = timing_now() + PATIENCE;

    finish(&supervisor->vmm_log, &supervisor->log);
    finish(&supervisor->broker_log, &supervisor->log);
    ledger_finish(&supervisor->ledger, &supervisor->log);
    for (;;) {
        struct pollfd output = relay_poll(&supervisor->output);

        if (output.fd < 0 || poll(&output, 1, timing_ms_until(deadline)) <= 0)
            break;
        relay_move(&supervisor->output);
    }
    foreground_leave(supervisor);
}

/* The last line of the log. None at a terminal if the guest halted, nor behind the last words of a
 * Linux program on its standard error. */
static void say_end(struct supervisor *supervisor, enum cause cause, int status, int signal,
                    long long start)
{
    const long long ms = (timing_now() - start) / 1000000;

    if ((status == 0 && supervisor->log.is_terminal) ||
        (supervisor->is_linux && cause == VMM_ENDED))
        return;
    user_log_say(&supervisor->log, "VM %s ended after %lld.%03lld s with status %d%s%s",
                 supervisor->id, ms / 1000, ms % 1000, status, signal != 0 ? ": " : "",
                 signal != 0 ? strsignal(signal) : "");
}

static int vmm_status(struct supervisor *supervisor, const siginfo_t *end)
{
    if (end->si_code != CLD_EXITED && end->si_status == SIGKILL && supervisor->vmm_oom_kills > 0) {
        user_log_say(&supervisor->log, "sparkler-vmm was killed: its cgroup had no memory left");
        return supervisor->is_linux ? STATUS_LINUX_MEMORY : STATUS_LIMIT;
    }
    return status_of(supervisor, process_of(VMM)->title, end);
}

/* The jailer's exit status; logs what led to it. */
static int end_status(struct supervisor *supervisor, enum cause cause, int signal,
                      const siginfo_t ends[])
{
    switch (cause) {
    case VMM_ENDED:
        return vmm_status(supervisor, &ends[VMM_ENDED]);
    case WARDEN_ENDED:
        return status_of(supervisor, process_of(BROKER)->title, &ends[WARDEN_ENDED]);
    case JANITOR_ENDED:
        return status_of(supervisor, process_of(JANITOR)->title, &ends[JANITOR_ENDED]);
    case SIGNALLED:
        return STATUS_SIGNAL + signal;
    case TIMED_OUT:
        user_log_say(&supervisor->log, "the VM was ended after %u s (--timeout)",
                     supervisor->timeout_seconds);
        return supervisor->is_linux ? STATUS_LINUX_TIME : STATUS_LIMIT;
    case GRACE_OVER:
        user_log_say(&supervisor->log,
                     "the VM was ended: %lld seconds after signal %d (%s) its program still ran",
                     SIGNALS_GRACE / TIMING_SECOND, supervisor->forwarded,
                     strsignal(supervisor->forwarded));
        return STATUS_SIGNAL + SIGKILL;
    case FORSAKEN:
        user_log_say(&supervisor->log, "the VM was ended: its creator has gone (--ready)");
        return supervisor->is_linux ? STATUS_LINUX_FAILED : 1;
    }
    return 1;
}

/* Of a jail that is reaped. */
static void remove_cgroup(const struct cgroups *cgroups, const struct cgroup *cgroup)
{
    int why = cgroup_remove(cgroups, cgroup, CGROUP_TRIES);

    if (why != 0)
        warnx("cannot remove the cgroup %s: %s", cgroup->name, strerror(why));
}

int supervise(struct supervisor *supervisor)
{
    const long long start = timing_now();
    const struct cgroups *cgroups = &supervisor->cgroups;
    siginfo_t ends[SIGNALLED] = {0};
    int signal, status;
    enum cause cause;

    supervisor->grace_end = supervisor->up = LLONG_MAX;
    signal = foreground_enter(supervisor);
    cause = signal != 0 ? SIGNALLED : wait_for_end(supervisor, start, &signal);
    /* both before either is reaped: they die in parallel, the VMM last, with its VM */
    signal_jail(SUPERVISOR_FD_VMM_PID, SIGKILL);
    signal_jail(SUPERVISOR_FD_WARDEN_PID, SIGKILL);
    status_read_last(supervisor->status);
    ends[WARDEN_ENDED] = reap_jail(SUPERVISOR_FD_WARDEN_PID);
    say_broker_oom(supervisor);
    if (cgroups->count > 0)
        remove_cgroup(cgroups, &cgroups->broker);
    ends[VMM_ENDED] = reap_jail(SUPERVISOR_FD_VMM_PID);
    finish_relays(supervisor);
    if (cgroups->count > 0) {
        supervisor->vmm_oom_kills = cgroups_oom_kills(SUPERVISOR_FD_VMM_EVENTS);
        remove_cgroup(cgroups, &cgroups->vmm);
        signal_jail(SUPERVISOR_FD_JANITOR_PID, SIGKILL);
        ends[JANITOR_ENDED] = reap_jail(SUPERVISOR_FD_JANITOR_PID);
    }
    if (supervisor->pid_file && !pid_file_clear())
        user_log_say(&supervisor->log, "cannot empty the pid file: %s", strerror(errno));
    status = end_status(supervisor, cause, signal, ends);
    if (supervisor->kernel_log.fd >= 0) /* of others that died shortly before */
        kernel_log_read(&supervisor->kernel_log);
    say_end(supervisor, cause, status, signal, start);
    status_finish(supervisor, status);
    user_log_finish(&supervisor->log);
    tell_starter(supervisor, status);
    return status;
}
