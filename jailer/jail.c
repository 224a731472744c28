/* Starts a jail: a process that is born in its namespaces, closes its locks and becomes its
 * program. */
#include "jail.h"

#include "cgroup.h"
#include "ids.h"
#include "stream.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct jail jail_new(enum role role, const struct options *options, struct timing *timing)
{
    struct jail jail = {
        .process = process_of(role),
        .role = role,
        .options = options,
        .timing = timing,
        .as_root = options->root,
        .program = -1,
        .ready = -1,
    };

    ids_give(&jail);
    for (int fd = 0; fd < JAIL_FDS_MAX; fd++) {
        jail.fds[fd] = -1;
        jail.names[fd] = "unknown"; /* as in sd_listen_fds_with_names(3) */
    }
    return jail;
}

_Noreturn void jail_execute(const struct jail *jail)
{
    char count[32], pid[32], timing[48];
    char names[64 + JAIL_FDS_MAX * JAIL_NAME_MAX] = "LISTEN_FDNAMES=";
    char *environment[] = {count, pid, names, NULL, NULL};
    size_t length = strlen(names);

    for (int i = 3; i < jail->fd_count; i++) {
        const size_t room = sizeof(names) - length;

        length += (size_t)snprintf(names + length, room, "%s%s", i > 3 ? ":" : "", jail->names[i]);
        if (length >= sizeof(names))
            errx(1, "the names of %d descriptors are longer than %zu bytes", i, sizeof(names));
    }
    snprintf(count, sizeof(count), "LISTEN_FDS=%d", jail->fd_count - 3);
    snprintf(pid, sizeof(pid), "LISTEN_PID=%d", getpid());
    if (jail->role == VMM && jail->timing->on) {
        snprintf(timing, sizeof(timing), "TIMING_START=%lld", jail->timing->start);
        environment[3] = timing;
    }
    syscall(SYS_execveat, JAIL_FD_PROGRAM, "", jail->argv, environment, AT_EMPTY_PATH);
    err(1, "cannot execute %s%s", jail->argv[0],
        jail->role == VMM ? " (it must be static: there is no loader in the VMM's jail)" : "");
}

/* Whether a sysctl has this value. */
static bool switch_is(const char *path, char value)
{
    char text = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read(fd, &text, 1) == 1 && text == value;

    if (fd >= 0)
        close(fd);
    return is;
}

/* Which sysctl forbids user namespaces, and how to set it. */
static const char *user_namespace_hint(void)
{
    if (switch_is("/proc/sys/user/max_user_namespaces", '0'))
        return "this host forbids user namespaces: sysctl user.max_user_namespaces=10000, or run "
               "as root";
    if (switch_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
        return "this host forbids user namespaces: sysctl kernel.unprivileged_userns_clone=1, or "
               "run as root";
    if (switch_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
        return "AppArmor forbids user namespaces: sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
    return "user namespaces are not permitted here (a container or a security module?); run as "
           "root";
}

static _Noreturn void run_jail(struct jail *jail)
{
    sigset_t none;

    sigemptyset(&none);
    if (jail->role != VMM) /* which would lose a signal that arrives before it has its handler */
        sigprocmask(SIG_SETMASK, &none, NULL);
    if (jail->role & (PACKER | DIGESTER)) /* its starter repeats what it says */
        dup2(jail->fds[FD_LOG], STDERR_FILENO);
    timing_forget(jail->timing);
    timing_phase(jail->timing, "cloned, and has a processor");
    if (jail->run)
        prctl(PR_SET_NAME, jail->process->name);
    if (jail->argv && jail->role != PACKER) /* messages name what it becomes */
        program_invocation_short_name = jail->role == VMM ? "sparkler-vmm" : "sparkler-netbroker";
    jail_close_locks(jail);
    if (jail->run)
        jail->run(jail);
    jail_execute(jail);
}

/* Says why clone3(2) failed. */
static _Noreturn void cannot_start(const struct jail *jail, uint64_t flags)
{
    const char *why = strerror(errno);

    if ((flags & CLONE_NEWUSER) && (errno == EPERM || errno == ENOSPC || errno == EACCES))
        errx(1, "cannot make a user namespace: %s; %s", why,
             jail->as_root ? "leave out --userns" : user_namespace_hint());
    err(1, "cannot start a process in new namespaces (clone3)%s",
        errno == EPERM ? "; root in a container needs CAP_SYS_ADMIN" : "");
}

int jail_start(struct jail *jail)
{
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = jail_clone_flags(jail) | CLONE_PIDFD,
        .pidfd = (uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    const bool mapped_outside = jail->as_root && (arguments.flags & CLONE_NEWUSER);
    long pid;

    if (jail->cgroup && jail->cgroup->directory >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)jail->cgroup->directory;
    }
    if (mapped_outside)
        stream_pipe(jail->ids_mapped);
    pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid < 0)
        cannot_start(jail, arguments.flags);
    if (pid == 0)
        run_jail(jail);
    jail->pid = (pid_t)pid;
    if (mapped_outside) {
        map_ids_from_outside(jail, (pid_t)pid);
        close(jail->ids_mapped[0]);
        close(jail->ids_mapped[1]);
    }
    return pidfd;
}
