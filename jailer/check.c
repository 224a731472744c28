/* The check of a feeds file: see check.h. */
#include "check.h"

#include "kernel.h"
#include "signals.h"
#include "stream.h"
#include "timing.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal that has come and ends the jailer, or 0; notes a SIGWINCH, which is the supervisor's. */
static int take_signal(int signals, bool *resized)
{
    struct signalfd_siginfo signal;

    while (read(signals, &signal, sizeof(signal)) == sizeof(signal)) {
        const int number = (int)signal.ssi_signo;

        *resized |= number == SIGWINCH;
        if (number == SIGTSTP)
            raise(SIGSTOP);
        else if (!signal_is_ignored(number))
            return number;
    }
    return 0;
}

/* Relays a log until it ends, and takes the names of the feeds (-1: none are wanted); or until a
 * signal ends that, which is returned, or else 0. */
static int relay(struct log *log, int names, struct supervisor *supervisor, int signals)
{
    struct user_log *out = &supervisor->log;
    bool resized = false;
    int signal;

    while (log->from >= 0 || names >= 0) {
        struct pollfd polled[] = {{.fd = signals, .events = POLLIN},
                                  log_poll(log),
                                  user_log_poll(out),
                                  {.fd = names, .events = POLLIN}};

        if (poll(polled, 4, timing_ms_until(log_wakes(log))) < 0 && errno != EINTR)
            err(1, "cannot wait for the check of the feeds file");
        signal = take_signal(signals, &resized);
        if (signal != 0)
            return signal;
        if (polled[1].revents != 0)
            log_move(log, out);
        if (polled[2].revents != 0)
            user_log_write(out);
        if (polled[3].revents != 0 && !status_read_feeds(supervisor->status, names)) {
            close(names);
            names = -1;
        }
    }
    if (resized)
        raise(SIGWINCH);
    return 0;
}

void check_feeds(struct jail broker, struct supervisor *supervisor, int signals)
{
    struct user_log *out = &supervisor->log;
    char *argv[] = {broker.argv[0], "--check", NULL};
    struct log log = {.program = "sparkler-netbroker"};
    int ends[2], names[2] = {-1, -1}, pidfd, signal;
    siginfo_t end;

    stream_pipe(ends);
    log.from = ends[0];
    jail_give(&broker, FD_LOG, ends[1], "log");
    if (supervisor->status) {
        stream_pipe(names);
        jail_give(&broker, FD_CONSOLE_OUT, names[1], "console-out");
    }
    broker.argv = argv;
    broker.run = NULL;
    pidfd = jail_start(&broker);
    close(ends[1]);
    if (supervisor->status)
        close(names[1]);
    signal = relay(&log, names[0], supervisor, signals);
    if (signal != 0)
        sys_pidfd_send_signal(pidfd, SIGKILL);
    if (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0)
        err(1, "cannot wait for the check of the feeds file");
    if (signal != 0)
        _exit(STATUS_SIGNAL + signal);
    if (end.si_code != CLD_EXITED || end.si_status != 0) {
        user_log_say(out, "the feeds file %s%s cannot be used; nothing was started",
                     broker.options->feeds,
                     broker.options->ca_given || broker.options->credentials.count > 0
                         ? ", or a file of --ca or --credential,"
                         : "");
        user_log_finish(out);
        exit(1);
    }
}
