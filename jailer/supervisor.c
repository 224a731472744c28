/* The supervisor's loop: see supervisor.h. All its descriptors have the fixed numbers of
 * policy/fds.h. */
#include "supervisor.h"

#include "daemon.h"
#include "kernel.h"
#include "timing.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ctrl-Z: the VM stops with the supervisor, the terminal is the shell's meanwhile. */
static void stop_for_a_while(struct supervisor *supervisor)
{
    if (supervisor->key_mode)
        terminal_restore(STDIN_FILENO, &supervisor->saved);
    sys_pidfd_send_signal(FD_VMM_PID, SIGSTOP);
    kill(getpid(), SIGSTOP);
    sys_pidfd_send_signal(FD_VMM_PID, SIGCONT);
    if (supervisor->key_mode)
        terminal_key_mode(STDIN_FILENO, &supervisor->saved);
}

/* The signal that is to end the VM, or 0. */
static int take_signal(struct supervisor *supervisor)
{
    struct signalfd_siginfo signal;

    if (read(FD_SIGNALS, &signal, sizeof(signal)) != sizeof(signal))
        return 0;
    if (signal.ssi_signo != SIGTSTP)
        return (int)signal.ssi_signo;
    stop_for_a_while(supervisor);
    return 0;
}

/* Kills what is left of a jail. */
static void kill_jail(int pidfd)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};

    /* one that still closes its locks may have root's uid for a moment longer */
    while (sys_pidfd_send_signal(pidfd, SIGKILL) != 0 && errno == EPERM && poll(&ended, 1, 1) == 0)
        continue;
}

/* Waits until a jail is gone. */
static siginfo_t reap_jail(int pidfd)
{
    siginfo_t end = {0};

    while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0)
        if (errno != EINTR)
            err(1, "cannot wait for a jail");
    return end;
}

/*
 * The jailer's exit status for a process that ended by itself, said on the log if it was killed.
 */
static int status_of(struct supervisor *supervisor, const char *program, const siginfo_t *end)
{
    if (end->si_code == CLD_EXITED)
        return end->si_status;
    if (end->si_status != SIGSYS)
        warnx("%s was killed by signal %d (%s)", program, end->si_status,
              strsignal(end->si_status));
    else if (!kernel_log_told(&supervisor->kernel_log, program))
        warnx("%s was killed by SIGSYS: it made a system call that its policy does not allow; "
              "which one, the kernel's log tells root: dmesg | grep type=1326",
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
    POLLED
};

/* The warden knows that the broker was killed, but not why. */
static void say_broker_oom(struct supervisor *supervisor)
{
    unsigned long kills = supervisor->cgroups.count > 0 ? cgroups_oom_kills(FD_BROKER_EVENTS) : 0;

    if (kills > supervisor->broker_oom_kills)
        warnx("the broker's cgroup had no memory left; the kernel killed a process in it");
    supervisor->broker_oom_kills = kills;
}

/* Waits for the next events and serves relays and logs. */
static void wait_and_relay(struct supervisor *supervisor, struct pollfd polled[POLLED], int timeout)
{
    polled[SIGNALS] = (struct pollfd){.fd = FD_SIGNALS, .events = POLLIN};
    polled[VMM_END] = (struct pollfd){.fd = FD_VMM_PID, .events = POLLIN};
    polled[WARDEN_END] = (struct pollfd){.fd = FD_WARDEN_PID, .events = POLLIN};
    polled[JANITOR_END] = (struct pollfd){.fd = supervisor->cgroups.count > 0 ? FD_JANITOR_PID : -1,
                                          .events = POLLIN};
    polled[INPUT] = relay_poll(&supervisor->input);
    polled[OUTPUT] = relay_poll(&supervisor->output);
    polled[VMM_LOG] = (struct pollfd){.fd = supervisor->vmm_log.from, .events = POLLIN};
    polled[BROKER_LOG] = (struct pollfd){.fd = supervisor->broker_log.from, .events = POLLIN};
    polled[KERNEL_LOG] = (struct pollfd){.fd = supervisor->kernel_log.fd, .events = POLLIN};
    for (int i = 0; i < POLLED; i++)
        polled[i].revents = 0;
    if (poll(polled, POLLED, timeout) < 0 && errno != EINTR)
        err(1, "cannot wait for the jails");
    if (polled[INPUT].revents != 0)
        relay_move(&supervisor->input);
    if (polled[OUTPUT].revents != 0)
        relay_move(&supervisor->output);
    if (polled[VMM_LOG].revents != 0)
        log_move(&supervisor->vmm_log);
    if (polled[BROKER_LOG].revents != 0) {
        say_broker_oom(supervisor);
        log_move(&supervisor->broker_log);
    }
    if (polled[KERNEL_LOG].revents != 0)
        kernel_log_read(&supervisor->kernel_log);
}

/* What the jails said last, now that nobody can say more; a terminal that is stopped is not waited
 * for. */
static void drain(struct supervisor *supervisor)
{
    struct pollfd output;

    while (supervisor->vmm_log.from >= 0)
        log_move(&supervisor->vmm_log);
    while (supervisor->broker_log.from >= 0)
        log_move(&supervisor->broker_log);
    while (output = relay_poll(&supervisor->output), output.fd >= 0 && poll(&output, 1, 1000) > 0)
        relay_move(&supervisor->output);
}

/* Milliseconds until then, rounded up; 0 if it has been. */
static int ms_until(long long deadline)
{
    long long left = deadline - timing_now();

    return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

enum cause { VMM_ENDED, WARDEN_ENDED, JANITOR_ENDED, SIGNALLED, TIMED_OUT };

/* Waits until something ends the VM; `signal` is which one, if it was a signal. */
static enum cause wait_for_end(struct supervisor *supervisor, int *signal)
{
    long long deadline = timing_now() + supervisor->timeout_seconds * 1000000000LL;

    for (;;) {
        struct pollfd polled[POLLED];
        int timeout = -1;

        if (supervisor->timeout_seconds != 0)
            timeout = ms_until(deadline);
        wait_and_relay(supervisor, polled, timeout);
        if (polled[VMM_END].revents != 0)
            return VMM_ENDED;
        if (polled[SIGNALS].revents != 0 && (*signal = take_signal(supervisor)) != 0)
            return SIGNALLED;
        if (polled[WARDEN_END].revents != 0)
            return WARDEN_ENDED;
        if (polled[JANITOR_END].revents != 0)
            return JANITOR_ENDED;
        if (supervisor->timeout_seconds != 0 && ms_until(deadline) == 0)
            return TIMED_OUT;
    }
}

static int vmm_status(struct supervisor *supervisor, const siginfo_t *end, bool out_of_memory)
{
    if (end->si_code != CLD_EXITED && end->si_status == SIGKILL && out_of_memory) {
        warnx("sparkler-vmm was killed: its cgroup had no memory left");
        return STATUS_LIMIT;
    }
    return status_of(supervisor, "sparkler-vmm", end);
}

int supervise(struct supervisor *supervisor)
{
    int signal = 0, status = 1;
    enum cause cause = wait_for_end(supervisor, &signal);
    siginfo_t vmm, warden, janitor = {0};
    bool out_of_memory;

    kill_jail(FD_VMM_PID); /* the two end side by side */
    kill_jail(FD_WARDEN_PID);
    vmm = reap_jail(FD_VMM_PID);
    warden = reap_jail(FD_WARDEN_PID);
    drain(supervisor);
    if (supervisor->key_mode)
        terminal_restore(STDIN_FILENO, &supervisor->saved);
    out_of_memory = supervisor->cgroups.count > 0 && cgroups_oom_kills(FD_VMM_EVENTS) > 0;
    if (supervisor->cgroups.count > 0) {
        cgroups_remove(&supervisor->cgroups);
        kill_jail(FD_JANITOR_PID);
        janitor = reap_jail(FD_JANITOR_PID);
    }
    switch (cause) {
    case VMM_ENDED:
        status = vmm_status(supervisor, &vmm, out_of_memory);
        break;
    case WARDEN_ENDED:
        status = status_of(supervisor, "the broker's warden", &warden);
        break;
    case JANITOR_ENDED:
        status = status_of(supervisor, "the janitor", &janitor);
        break;
    case SIGNALLED:
        status = STATUS_SIGNAL + signal;
        break;
    case TIMED_OUT:
        warnx("the VM was ended after %u seconds (--timeout)", supervisor->timeout_seconds);
        status = STATUS_LIMIT;
        break;
    }
    if (supervisor->pid_file)
        pid_file_clear();
    return status;
}
