/*
 * jailer: opens what the jails need, builds them, gives up everything, and supervises.
 */
#include "address_guard.h"
#include "cgroup.h"
#include "check.h"
#include "claim.h"
#include "configure.h"
#include "daemon.h"
#include "guest.h"
#include "jail.h"
#include "kernel.h"
#include "kvm.h"
#include "sealed.h"
#include "stream.h"
#include "supervisor.h"

#include "policy/fds.h"
#include "policy/runtime/policy.h"

#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* A standard descriptor that was closed must not become another's number. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        err(1, "cannot open /dev/null; is /dev there?");
    close(fd);
}

static int open_file(const char *path, int flags, const char *what, const char *option)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        err(1, "cannot open %s %s (%s)", what, path, option);
    return fd;
}

/* Locked memory counts against a limit, which root may raise; an ordinary user has what was given.
 */
static void allow_locked_memory(uint64_t bytes)
{
    struct rlimit limit;
    rlim_t most;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        err(1, "cannot read the limit of locked memory");
    most = limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = bytes, .rlim_max = most < bytes ? bytes : most};
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        errx(1,
             "--lock-memory: %llu KiB are more than this user's limit of locked memory, %llu KiB; "
             "have it raised (memlock in /etc/security/limits.conf), or give a smaller --mem",
             (unsigned long long)bytes >> 10, (unsigned long long)most >> 10);
}

/* A pipe: what is written to ends[1] is read from ends[0]. Both are close-on-exec. */
static void make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "cannot make a pipe");
}

/* A pipe to the supervisor, which shows on the terminal what comes out of it. */
static int relay_output(struct supervisor *state, struct jail *supervisor, int terminal)
{
    int ends[2];

    make_pipe(ends);
    jail_give(supervisor, SUPERVISOR_FD_GUEST_OUTPUT, ends[0], "guest-output");
    state->output = (struct relay){.from = SUPERVISOR_FD_GUEST_OUTPUT,
                                   .to = terminal,
                                   .clean = !supervisor->options->raw_console,
                                   .to_waits = stream_unblock(terminal, O_WRONLY),
                                   .to_stays = terminal == FD_LOG,
                                   .ends_line = true};
    return ends[1];
}

static int relay_input(struct supervisor *state, struct jail *supervisor)
{
    int ends[2];

    make_pipe(ends);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    jail_give(supervisor, SUPERVISOR_FD_GUEST_INPUT, ends[1], "guest-input");
    state->input = (struct relay){.from = STDIN_FILENO,
                                  .to = SUPERVISOR_FD_GUEST_INPUT,
                                  .from_waits = stream_unblock(STDIN_FILENO, O_RDONLY)};
    state->key_mode = true;
    state->group = getpgrp();
    return ends[0];
}

/* A Linux program's standard error: as its output, and on a terminal by the same pipe, so that both
 * come in the order in which they were written. */
static int program_error(struct supervisor *state, struct jail *supervisor, int output)
{
    if (isatty(STDERR_FILENO))
        return isatty(STDOUT_FILENO) ? output : relay_output(state, supervisor, STDERR_FILENO);
    return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0); /* the log's will not block */
}

/*
 * The console of the VMM, the user's own descriptors, or pipes to the supervisor where they are a
 * terminal; and its log.
 */
static void give_console(struct jail *vmm, struct jail *supervisor, struct supervisor *state)
{
    int input = STDIN_FILENO, output = STDOUT_FILENO, log[2];

    state->input = state->output = (struct relay){.from = -1, .to = -1};
    if (tcgetattr(STDIN_FILENO, &state->saved) == 0)
        input = relay_input(state, supervisor);
    if (isatty(STDOUT_FILENO))
        output = relay_output(state, supervisor, STDOUT_FILENO);
    if (vmm->options->is_linux)
        jail_give(vmm, VMM_FD_ERROR, program_error(state, supervisor, output), "error");
    user_log_open(&state->log);
    make_pipe(log);
    jail_give(supervisor, SUPERVISOR_FD_VMM_LOG, log[0], "vmm-log");
    state->vmm_log = (struct log){.from = SUPERVISOR_FD_VMM_LOG, .program = "sparkler-vmm"};
    jail_give(vmm, FD_CONSOLE_IN, input, "console-in");
    jail_give(vmm, FD_CONSOLE_OUT, output, "console-out");
    jail_give(vmm, FD_LOG, log[1], "log");
}

static void furnish_vmm(struct jail *vmm, int kvm, int link, int config)
{
    const struct options *options = vmm->options;

    vmm->program = open_file(options->program, O_PATH, "the program", "--exec");
    jail_give(vmm, VMM_FD_KVM, kvm, "kvm");
    if (options->lock_memory)
        allow_locked_memory(options->memory_bytes);
    jail_give(vmm, VMM_FD_MEMORY, guest_memory(options->memory_bytes), "memory");
    jail_give(vmm, VMM_FD_GUEST, guest_image(options->guest), "guest");
    jail_give(vmm, VMM_FD_BROKER, link, "broker");
    jail_give(vmm, VMM_FD_CONFIG, config, "config");
    if (options->is_linux) {
        jail_give(vmm, VMM_FD_VM, -1, "vm"); /* these two the VMM makes */
        jail_give(vmm, VMM_FD_VCPU, -1, "vcpu");
    }
}

/* For the broker, who is born in it; the VMM leaves it. */
static void enter_network(const char *path)
{
    int fd = open_file(path, O_RDONLY, "the network namespace", "--netns");

    if (setns(fd, CLONE_NEWNET) != 0)
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

static void furnish_broker(struct jail *broker, const struct options *options, int link, int log)
{
    int null = open_file("/dev/null", O_RDWR, "the broker's console", "is /dev there?");

    broker->run = warden_run;
    broker->program = open_file(options->broker, O_PATH, "the network broker", "--broker");
    jail_give(broker, FD_CONSOLE_IN, null, "console-in");
    jail_give(broker, FD_CONSOLE_OUT, null, "console-out");
    jail_give(broker, FD_LOG, log, "log");
    jail_give(broker, BROKER_FD_LINK, link, "link");
    jail_give(broker, BROKER_FD_FEEDS, sealed_copy(options->feeds, "the feeds file", "--feeds"),
              "feeds");
    jail_give(broker, BROKER_FD_CA, sealed_copy(options->ca, "the trusted authorities", "--ca"),
              "ca");
    for (unsigned i = 0; i < options->credentials.count; i++) {
        const struct setting *credential = &options->credentials.list[i];

        jail_give(broker, BROKER_FD_CREDENTIALS + (int)i,
                  sealed_copy(credential->value, "the credential", "--credential"),
                  credential_name(credential->name));
    }
}

/* What ends the VM, and Ctrl-Z, from now on by a descriptor. */
static int take_signals(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGQUIT, SIGTSTP};
    /* errors of read(2) and write(2): the VM would run on if they stopped the supervisor */
    static const int errors[] = {SIGTTIN, SIGTTOU, SIGXFSZ};
    struct sigaction hangup;
    sigset_t set;
    int fd;

    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&set, taken[i]);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup(1) */
        sigaddset(&set, SIGHUP);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        sigaddset(&set, errors[i]);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* or nobody's end could be waited for */
    if (fd < 0 || sigprocmask(SIG_SETMASK, &set, NULL) != 0)
        err(1, "cannot take signals");
    return fd;
}

static uid_t uid_of(enum user user, const struct options *options)
{
    return user == VMM_USER ? options->uid : options->uid + 1;
}

static struct jail new_jail(enum role role, const struct options *options, struct timing *timing)
{
    struct jail jail = {
        .process = process_of(role),
        .role = role,
        .options = options,
        .timing = timing,
        .as_root = options->root,
        .program = -1,
        .ready = -1,
        .uid = getuid(),
        .euid = getuid(),
        .gid = getgid(),
    };

    if (options->root) {
        jail.uid = uid_of(jail.process->user, options);
        jail.euid = uid_of(jail.process->effective, options);
        jail.gid = role & (SUPERVISOR | JANITOR) ? CGROUP_GID : options->gid;
    }
    for (unsigned i = 0; i < JAIL_FDS_MAX; i++)
        jail.fds[i] = -1;
    return jail;
}

/* What every kernel has is closed or an error; of the rest, one line on the log says what is
 * missing.
 */
static void log_missing(const struct jail *vmm, const struct jail *broker, struct user_log *log)
{
    char missing[512] = "";
    size_t length = 0;

    for (const struct lock *const *lock = locks; *lock != NULL; lock++) {
        const char *why = lock_missing(*lock, vmm);

        if (why == NULL)
            why = lock_missing(*lock, broker);
        if (why != NULL && length < sizeof(missing))
            length += (size_t)snprintf(missing + length, sizeof(missing) - length, "%s%s (%s)",
                                       length > 0 ? ", " : "", (*lock)->name, why);
    }
    if (length > 0)
        user_log_say(log,
                     "locks that this kernel lacks: %s; jailer --explain shows which processes go "
                     "without",
                     missing);
}

/* Makes the VMM's cgroup, and before that the one who removes it if all else is killed. */
static void make_vmm_cgroup(struct cgroups *cgroups, const struct jail *vmm, struct jail *janitor,
                            struct jail *supervisor)
{
    const struct options *options = vmm->options;
    int pid;

    cgroups_open(cgroups, vmm);
    if (cgroups->count == 0)
        return;
    /* a daemon leaves no terminal open; its output is /dev/null */
    jail_give(janitor, FD_LOG,
              options->daemonize && isatty(STDERR_FILENO) ? STDOUT_FILENO : STDERR_FILENO, "log");
    jail_give(janitor, JANITOR_FD_SUPERVISOR, janitor->parent, "supervisor");
    for (unsigned i = 0; i < cgroups->count; i++) {
        jail_give(janitor, JANITOR_FD_CGROUPS + (int)i, cgroups->parents[i], "cgroups");
        jail_give(supervisor, SUPERVISOR_FD_CGROUPS + (int)i, cgroups->parents[i], "cgroups");
    }
    janitor->run = janitor_run;
    janitor->cgroups = cgroups;
    make_pipe(janitor->cgroups_made);
    pid = jail_start(janitor);
    jail_give(supervisor, SUPERVISOR_FD_JANITOR_PID, pid, "janitor-pid");
    timing_phase(janitor->timing, "janitor cloned");
    close(janitor->cgroups_made[0]);
    if (!cgroups_make(cgroups, VMM, options, supervisor->euid)) {
        /* before it removes what is another's */
        sys_pidfd_send_signal(pid, SIGKILL);
        errx(1, "the cgroup %s is there already; is a VM of this --id running?", cgroups->vmm.name);
    }
    jail_give(supervisor, SUPERVISOR_FD_VMM_EVENTS, cgroups->vmm.events, "vmm-events");
}

/* What needs root too, but not before the VMM is started. */
static void make_broker_cgroup(struct supervisor *state, struct jail *supervisor,
                               const struct jail *broker, const struct jail *janitor)
{
    int log = kernel_log_open();

    jail_give(supervisor, SUPERVISOR_FD_KERNEL_LOG, log, "kernel-log");
    state->kernel_log = (struct kernel_log){.fd = log < 0 ? -1 : SUPERVISOR_FD_KERNEL_LOG,
                                            .vmm = supervisor->uid,
                                            .broker = broker->uid,
                                            .out = &state->log};
    if (state->cgroups.count > 0) {
        if (!cgroups_make(&state->cgroups, BROKER, broker->options, supervisor->euid))
            errx(1, "the cgroup %s is there already (--id)", state->cgroups.broker.name);
        if (write(janitor->cgroups_made[1], "", 1) != 1)
            warn("the janitor has ended"); /* the supervisor sees that too, and cleans up */
        close(janitor->cgroups_made[1]);
        jail_give(supervisor, SUPERVISOR_FD_BROKER_EVENTS, state->cgroups.broker.events,
                  "broker-events");
    }
    address_guard_prepare(&state->cgroups.broker, broker);
}

/* Starts both jails: the VMM's first, for it is the one that takes longest. */
static void start_jails(struct supervisor *state, struct jail *vmm, struct jail *broker,
                        struct jail *supervisor, const struct jail *janitor)
{
    const struct options *options = vmm->options;

    if (options->feeds_given) {
        make_broker_cgroup(state, supervisor, broker, janitor);
        address_guard_attach(broker->cgroup);
        check_feeds(*broker, &state->log, supervisor->fds[SUPERVISOR_FD_SIGNALS]);
    }
    jail_give(supervisor, SUPERVISOR_FD_VMM_PID, jail_start(vmm), "vmm-pid");
    timing_phase(vmm->timing, "VMM cloned");
    if (!options->feeds_given)
        make_broker_cgroup(state, supervisor, broker, janitor);
    timing_phase(broker->timing, "cgroup of the broker, kernel's log");
    jail_give(supervisor, SUPERVISOR_FD_WARDEN_PID, jail_start(broker), "warden-pid");
    timing_phase(broker->timing, "warden cloned");
    if (!options->feeds_given)
        address_guard_attach(broker->cgroup); /* while the jails close their locks */
    timing_phase(broker->timing, "address guard");
}

int main(int argc, char **argv)
{
    struct timing timing = {.start = timing_now(), .last = timing_now()};
    const struct options options = options_parse(argc, argv);
    struct jail vmm = new_jail(VMM, &options, &timing),
                broker = new_jail(BROKER, &options, &timing),
                supervisor = new_jail(SUPERVISOR, &options, &timing),
                janitor = new_jail(JANITOR, &options, &timing);
    static struct supervisor state; /* static, so that its pages cost nothing until they are used */
    static char line[1024];         /* of stderr: no message is mixed with another process's */
    char *vmm_argv[2] = {NULL};
    char *broker_argv[] = {"sparkler-netbroker", "--offline-samples", NULL};
    int kvm, link[2], config[2], log[2];

    relro_protect();
    fill_standard_descriptors();
    setvbuf(stderr, line, _IOLBF, sizeof(line));
    rlimits_check(&options.limits);
    if (options.explain) {
        explain((const struct jail *[]){&vmm, &broker, &supervisor, &janitor});
        fflush(stdout);
        _exit(0);
    }
    timing.on = options.timing;
    timing_phase(&timing, "options");
    jail_give(&supervisor, SUPERVISOR_FD_CLAIM, claim(&options), "claim");
    if (options.pid_file != NULL)
        jail_give(&supervisor, SUPERVISOR_FD_PID_FILE, pid_file_open(options.pid_file), "pid-file");
    if (options.daemonize)
        jail_give(&supervisor, SUPERVISOR_FD_STARTER, daemon_start(&options), "starter");
    state.id = options.id;
    state.timeout_seconds = options.timeout_seconds;
    state.pid_file = options.pid_file != NULL;
    state.is_linux = options.is_linux;
    state.starter = options.daemonize;
    kvm = kvm_open();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) != 0)
        err(1, "cannot make the link between VMM and broker");
    make_pipe(config);
    broker.ready = supervisor.ready = janitor.ready = config[1];
    make_pipe(log);
    jail_give(&supervisor, SUPERVISOR_FD_BROKER_LOG, log[0], "broker-log");
    state.broker_log =
        (struct log){.from = SUPERVISOR_FD_BROKER_LOG, .program = "sparkler-netbroker"};
    /* what is behind "--" is the VMM's, or the Linux program's */
    vmm.argv = options.is_linux ? vmm_argv : options.arguments - 1;
    vmm.argv[0] = basename((char *)options.program);
    broker.argv = broker_argv;
    if (!options.offline_samples)
        broker_argv[1] = NULL;
    if (options.netns != NULL)
        enter_network(options.netns);
    give_console(&vmm, &supervisor, &state);
    furnish_vmm(&vmm, kvm, link[0], config[0]);
    configure_vm(config[1], &vmm, kvm);
    furnish_broker(&broker, &options, link[1], log[1]);
    jail_give(&supervisor, FD_CONSOLE_IN, STDIN_FILENO, "console-in");
    jail_give(&supervisor, FD_CONSOLE_OUT, STDOUT_FILENO, "console-out");
    jail_give(&supervisor, FD_LOG, STDERR_FILENO, "log");

    vmm.parent = broker.parent = janitor.parent = sys_pidfd_open(getpid());
    if (vmm.parent < 0)
        err(1, "cannot open the jailer's own pidfd; Linux 5.3 has them");
    jail_give(&supervisor, SUPERVISOR_FD_OWN_PID, vmm.parent, "own-pid");
    jail_give(&supervisor, SUPERVISOR_FD_SIGNALS, take_signals(), "signals");
    timing_phase(&timing, "files, pipes, signals");
    make_vmm_cgroup(&state.cgroups, &vmm, &janitor, &supervisor);
    timing_phase(&timing, "cgroup of the VMM");
    vmm.cgroups = broker.cgroups = &state.cgroups;
    vmm.cgroup = &state.cgroups.vmm;
    broker.cgroup = &state.cgroups.broker;
    start_jails(&state, &vmm, &broker, &supervisor, &janitor);
    close(config[0]); /* or the next line would wait for a VMM that is gone */
    configure_processor(config[1], kvm);
    timing_phase(&timing, "KVM's CPUID leaves");

    if (options.pid_file != NULL)
        pid_file_write(supervisor.fds[SUPERVISOR_FD_PID_FILE]);
    log_missing(&vmm, &broker, &state.log);
    user_log_limit(&state.log);
    prctl(PR_SET_NAME, supervisor.process->name);
    jail_close_locks(&supervisor);
    _exit(supervise(&state));
}
