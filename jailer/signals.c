/* Signals and the terminal's foreground: see signals.h. */
#include "signals.h"

#include "kernel.h"

#include "policy/fds.h"
#include "vmm/config.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Whether a Linux program gets this signal, beside SIGHUP. */
static bool signal_passes(int number)
{
    switch (number) {
    case SIGKILL: /* these two nobody can catch */
    case SIGSTOP:
    case SIGCONT: /* ends a stop by Ctrl-Z */
    case SIGALRM: /* stream.h */
    case SIGPIPE: /* come from writing, and from the jails' ends */
    case SIGCHLD:
    case SIGTTIN:
    case SIGTTOU:
    case SIGXFSZ:
    case SIGHUP: /* may be ignored: nohup(1) */
        return false;
    default: /* those between 31 and SIGRTMIN are the C library's */
        return number > 0 && number < _NSIG && (number <= SIGSYS || number >= SIGRTMIN);
    }
}

bool signal_is_ignored(int number)
{
    return number == SIGWINCH || number == SIGURG;
}

int signals_block(const struct supervisor *supervisor)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGWINCH};
    /* read(2) and write(2) then fail; stopped by these, the supervisor would leave the VM running
     */
    static const int errors[] = {SIGTTIN, SIGTTOU, SIGXFSZ};
    struct sigaction hangup;
    sigset_t set;
    int fd;

    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&set, taken[i]);
    for (int number = 1; supervisor->is_linux && number <= SIGRTMAX; number++)
        if (signal_passes(number))
            sigaddset(&set, number);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup(1) */
        sigaddset(&set, SIGHUP);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        sigaddset(&set, errors[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* if it is ignored, waitid(2) finds no children */
    if (fd < 0 || sigprocmask(SIG_SETMASK, &set, NULL) != 0)
        err(1, "cannot take signals");
    return fd;
}

/* Signals what is left of a jail, with a value as sigqueue(3) has it. */
static void queue_to_jail(int pidfd, int signal, int value)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};

    /* one that still closes its locks may have root's uid for a moment longer */
    while (sys_pidfd_queue(pidfd, signal, value) != 0 && errno == EPERM && poll(&ended, 1, 1) == 0)
        continue;
}

void signal_jail(int pidfd, int signal)
{
    queue_to_jail(pidfd, signal, 0);
}

/* Tells a Linux program the terminal's new size; false if there is no terminal. */
static bool forward_window(const struct supervisor *supervisor)
{
    struct winsize size;

    if (!supervisor->key_mode)
        return false;
    if (supervisor->is_linux && ioctl(FD_CONSOLE_IN, TIOCGWINSZ, &size) == 0)
        queue_to_jail(SUPERVISOR_FD_VMM_PID, SIGWINCH, size.ws_row << 16 | size.ws_col);
    return true;
}

/* The next pending signal that ends or stops the VM, or 0. */
static int next_signal(const struct supervisor *supervisor)
{
    struct signalfd_siginfo signal;

    while (read(SUPERVISOR_FD_SIGNALS, &signal, sizeof(signal)) == sizeof(signal)) {
        if (signal.ssi_signo != SIGWINCH || !forward_window(supervisor))
            return (int)signal.ssi_signo;
    }
    return 0;
}

/* Whether somebody who sends this signal wants the program to end. */
static bool asks_to_end(const struct supervisor *supervisor, int signal)
{
    if (supervisor->passes_signals)
        return false;
    return signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT ||
           (signal == SIGINT && !supervisor->key_mode);
}

static void forward_to_vmm(int signal)
{
    if (signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM)
        signal_jail(SUPERVISOR_FD_VMM_PID, signal);
    else
        queue_to_jail(SUPERVISOR_FD_VMM_PID, SIGNAL_FORWARDED, signal);
}

/*
 * A Linux program gets the user's signal itself, and some time to end; a second signal, or the end
 * of that time, ends the VM. Ctrl-C does not ask an interactive program to end, so it may come
 * often. Returns the signal if it is to end the VM, or 0.
 */
static int forward(struct supervisor *supervisor, int signal)
{
    const bool to_end = asks_to_end(supervisor, signal);
    const bool to_guest = supervisor->is_linux && !supervisor->held;

    if (signal == SIGINT || signal == SIGQUIT) /* the terminal has echoed ^C */
        supervisor->output.in_line = true;
    if (!to_guest && signal_is_ignored(signal))
        return 0;
    if (!to_guest || (to_end && supervisor->forwarded != 0))
        return signal;
    if (to_end) {
        supervisor->forwarded = signal;
        supervisor->grace_end = timing_now() + SIGNALS_GRACE;
    }
    forward_to_vmm(signal);
    return 0;
}

static bool in_background(const struct supervisor *supervisor)
{
    return supervisor->key_mode && terminal_is_others(STDIN_FILENO, supervisor->group);
}

/* A Linux program has a terminal of its own, which echoes keys and makes ^C a signal; without
 * output on ours it could not, so we leave that to ours. */
static void take_keys(struct supervisor *supervisor)
{
    const int output = supervisor->output.to;

    if (!supervisor->key_mode)
        return;
    supervisor->input.is_raw = supervisor->is_linux && output >= 0;
    if (supervisor->input.is_raw)
        terminal_raw_mode(STDIN_FILENO, &supervisor->saved, output == STDOUT_FILENO);
    else if (!supervisor->is_linux)
        terminal_key_mode(STDIN_FILENO, &supervisor->saved);
}

void foreground_leave(const struct supervisor *supervisor)
{
    if (supervisor->key_mode && !in_background(supervisor))
        terminal_restore(STDIN_FILENO, &supervisor->saved);
}

/*
 * Ctrl-Z: the VM and the supervisor stop, and the shell has the terminal. They run again in the
 * foreground; if they are continued in the background (bg), they stop again. Returns the signal
 * that ends the VM, or 0.
 */
static int stop_for_a_while(struct supervisor *supervisor)
{
    int signal;

    signal_jail(SUPERVISOR_FD_VMM_PID, SIGSTOP);
    foreground_leave(supervisor);
    do {
        sys_pidfd_send_signal(SUPERVISOR_FD_OWN_PID, SIGSTOP);
        signal = next_signal(supervisor);
    } while (signal == SIGTSTP || (signal == 0 && in_background(supervisor)));
    if (signal != 0 && (signal = forward(supervisor, signal)) != 0)
        return signal;
    take_keys(supervisor);
    signal_jail(SUPERVISOR_FD_VMM_PID, SIGCONT);
    return 0;
}

int signals_take(struct supervisor *supervisor)
{
    const int signal = next_signal(supervisor);

    if (signal == 0)
        return 0;
    return signal == SIGTSTP && !supervisor->passes_signals ? stop_for_a_while(supervisor)
                                                            : forward(supervisor, signal);
}

int foreground_keep(struct supervisor *supervisor)
{
    return in_background(supervisor) ? stop_for_a_while(supervisor) : 0;
}

int foreground_enter(struct supervisor *supervisor)
{
    if (in_background(supervisor))
        return stop_for_a_while(supervisor);
    take_keys(supervisor);
    return 0;
}
