/* Furnishes the jails: see furnish.h. */
#include "furnish.h"

#include "claim.h"
#include "configure.h"
#include "daemon.h"
#include "guest.h"
#include "kernel.h"
#include "kvm.h"
#include "rlimits.h"
#include "sealed.h"
#include "signals.h"
#include "stream.h"
#include "usage.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define OWN_LOG_MAX (256u << 10) /* of a log that is nobody's standard error (--stderr) */

static int open_file(const char *path, int flags, const char *what, const char *option)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        err(1, "cannot open %s %s (%s)", what, path, option);
    return fd;
}

/* Locked memory counts against a limit that only root may raise. */
static void allow_locked_memory(uint64_t bytes)
{
    const rlim_t most = rlimit_raise(RLIMIT_MEMLOCK, bytes);

    if (most < bytes)
        errx(1,
             "--lock-memory: %llu KiB is more than this user's limit of locked memory, %llu KiB; "
             "have it raised (memlock in /etc/security/limits.conf), or give a smaller --mem",
             (unsigned long long)bytes >> 10, (unsigned long long)most >> 10);
}

static enum filter output_filter(const struct options *options)
{
    if (options->console == CONSOLE_RAW)
        return FILTER_NONE;
    return options->console == CONSOLE_SAFE || options->is_linux ? FILTER_SCREEN : FILTER_CLEAN;
}

/* Makes a pipe to the supervisor, which copies it to the terminal; returns the write end. */
static int relay_output(struct jail *jail, struct supervisor *supervisor, int terminal)
{
    int ends[2];

    stream_pipe(ends);
    jail_give(jail, SUPERVISOR_FD_GUEST_OUTPUT, ends[0], "guest-output");
    supervisor->output = (struct relay){.from = SUPERVISOR_FD_GUEST_OUTPUT,
                                        .to = terminal,
                                        .filter = output_filter(jail->options),
                                        .to_waits = stream_unblock(terminal, O_WRONLY),
                                        .to_stays = terminal == FD_LOG,
                                        .ends_line = true};
    return ends[1];
}

static int relay_input(struct jail *jail, struct supervisor *supervisor)
{
    int ends[2];

    stream_pipe(ends);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    jail_give(jail, SUPERVISOR_FD_GUEST_INPUT, ends[1], "guest-input");
    supervisor->input = (struct relay){.from = STDIN_FILENO,
                                       .to = SUPERVISOR_FD_GUEST_INPUT,
                                       .from_waits = stream_unblock(STDIN_FILENO, O_RDONLY)};
    supervisor->key_mode = true;
    supervisor->group = getpgrp();
    return ends[0];
}

/* A Linux program's standard error; on a terminal it shares the pipe of the output, which keeps the
 * order in which the two were written. */
static int program_error(struct jail *jail, struct supervisor *supervisor, int output)
{
    const int error = jail->options->program_error;
    int pipe;

    if (!isatty(error))
        return fcntl(error, F_DUPFD_CLOEXEC, 0); /* FD_LOG will be non-blocking */
    if (isatty(STDOUT_FILENO))
        return output;
    pipe = relay_output(jail, supervisor, error);
    if (error != STDERR_FILENO) {
        jail_give(jail, SUPERVISOR_FD_ERROR, error, "error");
        supervisor->output.to = SUPERVISOR_FD_ERROR;
    }
    return pipe;
}

/*
 * Gives the VMM its console and its log. The console is the user's own descriptors, or pipes to the
 * supervisor in place of a terminal.
 */
static void give_console(struct jail *vmm, struct jail *jail, struct supervisor *supervisor)
{
    int input = STDIN_FILENO, output = STDOUT_FILENO, log[2];

    supervisor->input = supervisor->output = (struct relay){.from = -1, .to = -1};
    if (tcgetattr(STDIN_FILENO, &supervisor->saved) == 0)
        input = relay_input(jail, supervisor);
    if (isatty(STDOUT_FILENO))
        output = relay_output(jail, supervisor, STDOUT_FILENO);
    if (vmm->options->is_linux)
        jail_give(vmm, VMM_FD_ERROR, program_error(jail, supervisor, output), "error");
    user_log_open(&supervisor->log);
    if (vmm->options->program_error != STDERR_FILENO)
        supervisor->log.most = OWN_LOG_MAX;
    stream_pipe(log);
    jail_give(jail, SUPERVISOR_FD_VMM_LOG, log[0], "vmm-log");
    supervisor->vmm_log = (struct log){.from = SUPERVISOR_FD_VMM_LOG, .program = "sparkler-vmm"};
    jail_give(vmm, FD_CONSOLE_IN, input, "console-in");
    jail_give(vmm, FD_CONSOLE_OUT, output, "console-out");
    jail_give(vmm, FD_LOG, log[1], "log");
}

static void furnish_vmm(struct jail *vmm, int kvm, int link, int config)
{
    static char *argv[2];
    const struct options *options = vmm->options;

    /* what is behind "--" is the VMM's, or the Linux program's */
    vmm->argv = options->is_linux ? argv : options->arguments - 1;
    vmm->argv[0] = basename((char *)options->program);
    vmm->program = open_file(options->program, O_PATH, "the program", "--exec");
    jail_give(vmm, VMM_FD_KVM, kvm, "kvm");
    vmm->stats = options->status && usage_counts_exits(kvm);
    if (options->lock_memory)
        allow_locked_memory(options->memory_bytes);
    jail_give(vmm, VMM_FD_GUEST, guest_image(options->guest), "guest");
    jail_give(vmm, VMM_FD_BROKER, link, "broker");
    jail_give(vmm, VMM_FD_CONFIG, config, "config");
}

/* What a VM waits at once it is built, until its guest may start (vmm/config.h). */
static void hold(struct jails *jails, struct supervisor *supervisor)
{
    int start[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, start) != 0)
        err(1, "cannot make the VMM's link to the supervisor");
    jail_give(&jails->vmm, VMM_FD_START, start[0], "start");
    jail_give(&jails->supervisor, SUPERVISOR_FD_START, start[1], "start");
    supervisor->building = true;
}

/* The broker is born in it; the VMM leaves it. */
static void enter_network(const char *path)
{
    /* O_NONBLOCK: a FIFO is refused below instead of waited for */
    int fd = open_file(path, O_RDONLY | O_NONBLOCK, "the network namespace", "--netns");
    int error = setns(fd, CLONE_NEWNET);

    if (error != 0 && errno == EINVAL)
        errx(1,
             "%s is not a network namespace (--netns); `ip netns add NAME` makes /run/netns/NAME",
             path);
    if (error != 0)
        err(1, "cannot enter the network namespace %s (--netns); only root may", path);
    close(fd);
}

/* The name of a credential's descriptor; netbroker/feed_checks.c accepts the same names. */
static char *credential_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    char *full;

    if (length > 32 || name[length] != '\0')
        errx(1, "--credential %s=...: expected a name of 1 to 32 of a-z, 0-9, '-' and '_'", name);
    if (asprintf(&full, "credential.%s", name) < 0)
        err(1, "asprintf");
    return full;
}

static void furnish_broker(struct jail *broker, int link, int ledger, int log)
{
    static char *argv[] = {"sparkler-netbroker", NULL, NULL};
    const struct options *options = broker->options;
    int null = open_file("/dev/null", O_RDWR, "the broker's console", "is /dev mounted?");

    broker->run = warden_run;
    broker->argv = argv;
    if (options->offline_samples)
        argv[1] = "--offline-samples";
    broker->program = open_file(options->broker, O_PATH, "the network broker", "--broker");
    jail_give(broker, FD_CONSOLE_IN, null, "console-in");
    jail_give(broker, FD_CONSOLE_OUT, null, "console-out");
    jail_give(broker, FD_LOG, log, "log");
    jail_give(broker, BROKER_FD_LINK, link, "link");
    jail_give(broker, BROKER_FD_FEEDS, sealed_open(options->feeds, "the feeds file", "--feeds"),
              "feeds");
    jail_give(broker, BROKER_FD_CA, sealed_open(options->ca, "the trusted authorities", "--ca"),
              "ca");
    jail_give(broker, BROKER_FD_LEDGER, ledger, "ledger");
    for (unsigned i = 0; i < options->credentials.count; i++) {
        const struct setting *credential = &options->credentials.list[i];

        jail_give(broker, BROKER_FD_CREDENTIALS + (int)i,
                  sealed_open(credential->value, "the credential", "--credential"),
                  credential_name(credential->name));
    }
}

/* A FIFO of ours for both ends has no end of file, whoever opens it and goes. */
static int hold_open(const char *path)
{
    int fd = open_file(path, O_RDWR | O_NONBLOCK, "the FIFO", "--hold");
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))
        errx(1, "%s is not a FIFO (--hold); make one with mkfifo(1)", path);
    return fd;
}

static void give_ledger(struct jail *jail, int end, struct ledger *ledger)
{
    /* static, so that its pages cost nothing until they are used */
    static struct budget budgets[WIRE_PORTS];
    const char *path = jail->options->record;

    jail_give(jail, SUPERVISOR_FD_LEDGER, end, "ledger");
    ledger->fd = SUPERVISOR_FD_LEDGER;
    ledger->id = jail->options->id;
    ledger->budgets = budgets;
    ledger->has_record = path != NULL;
    if (path)
        jail_give(jail, SUPERVISOR_FD_RECORD, record_open(&ledger->record, path), "record");
}

/* Whoever starts a daemon waits for its parent. */
static void give_starter(struct jail *jail, struct supervisor *supervisor)
{
    const struct options *options = jail->options;

    if (options->daemonize) {
        jail_give(jail, SUPERVISOR_FD_STARTER, daemon_start(options), "starter");
        supervisor->starter = STARTER_PARENT;
    } else if (options->manager) {
        jail_give(jail, SUPERVISOR_FD_STARTER, manager_connect(options->manager), "starter");
        supervisor->starter = STARTER_MANAGER;
    }
}

/* Before anything else is opened, for a VM of this name may be running; and before a thread or a
 * lock belongs to the process that a daemon leaves behind. */
static void take_place(struct jail *jail, struct supervisor *supervisor)
{
    const struct options *options = jail->options;

    jail_give(jail, SUPERVISOR_FD_CLAIM, claim(options), "claim");
    if (options->pid_file)
        jail_give(jail, SUPERVISOR_FD_PID_FILE, pid_file_open(options->pid_file), "pid-file");
    status_open(jail, supervisor);
    if (options->hold)
        jail_give(jail, SUPERVISOR_FD_HOLD, hold_open(options->hold), "hold");
    if (options->ready >= 0)
        jail_give(jail, SUPERVISOR_FD_READY, options->ready, "ready");
    give_starter(jail, supervisor);
    supervisor->id = options->id;
    supervisor->timeout_seconds = options->timeout_seconds;
    supervisor->pid_file = options->pid_file != NULL;
    supervisor->has_limits = options->limits.count > 0;
    supervisor->is_linux = options->is_linux;
    supervisor->passes_signals = options->pass_signals;
    supervisor->held = options->hold != NULL;
    supervisor->awaited = options->ready >= 0;
}

static void furnish_supervisor(struct jail *jail, const struct supervisor *supervisor, int pidfd)
{
    jail_give(jail, FD_CONSOLE_IN, STDIN_FILENO, "console-in");
    jail_give(jail, FD_CONSOLE_OUT, STDOUT_FILENO, "console-out");
    jail_give(jail, FD_LOG, STDERR_FILENO, "log");
    jail_give(jail, SUPERVISOR_FD_OWN_PID, pidfd, "own-pid");
    jail_give(jail, SUPERVISOR_FD_SIGNALS, signals_block(supervisor), "signals");
}

static void furnish_janitor(struct jail *janitor)
{
    janitor->run = janitor_run;
    /* a daemon leaves no terminal open; its output is /dev/null */
    jail_give(janitor, FD_LOG,
              janitor->options->daemonize && isatty(STDERR_FILENO) ? STDOUT_FILENO : STDERR_FILENO,
              "log");
    jail_give(janitor, JANITOR_FD_SUPERVISOR, janitor->parent, "supervisor");
}

void furnish(struct jails *jails, struct supervisor *supervisor)
{
    const struct options *options = jails->vmm.options;
    int kvm, link[2], ledger[2], config[2], log[2], pidfd;

    take_place(&jails->supervisor, supervisor);
    kvm = kvm_open();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ledger) != 0)
        err(1, "cannot make the broker's links to VMM and supervisor");
    stream_pipe(config);
    jails->broker.ready = jails->supervisor.ready = jails->janitor.ready = config[1];
    stream_pipe(log);
    jail_give(&jails->supervisor, SUPERVISOR_FD_BROKER_LOG, log[0], "broker-log");
    supervisor->broker_log =
        (struct log){.from = SUPERVISOR_FD_BROKER_LOG, .program = "sparkler-netbroker"};
    if (options->netns)
        enter_network(options->netns);
    give_console(&jails->vmm, &jails->supervisor, supervisor);
    give_ledger(&jails->supervisor, ledger[0], &supervisor->ledger);
    furnish_vmm(&jails->vmm, kvm, link[0], config[0]);
    if (is_held(options))
        hold(jails, supervisor);
    pidfd = sys_pidfd_open(getpid());
    if (pidfd < 0)
        err(1, "cannot open the jailer's own pidfd; Linux 5.3 has them");
    jails->vmm.parent = jails->broker.parent = jails->janitor.parent = pidfd;
    furnish_supervisor(&jails->supervisor, supervisor, pidfd);
    configure_vm(&jails->vmm, &jails->config); /* of another size of the terminal a signal tells */
    furnish_broker(&jails->broker, link[1], ledger[1], log[1]);
    furnish_janitor(&jails->janitor);
}
