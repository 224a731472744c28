/* Which descriptors each process is left with: policy/fds.h as a table. */
#include "policy/tool/descriptors.h"

#include "jailer/options.h"
#include "policy/fds.h"
#include "policy/tool/proc.h"
#include "policy/tool/wrap.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* What /proc/PID/fd/N says. A path is a file, a directory or a device. */
#define PATH   "/"
#define PIPE   "pipe:["
#define SOCKET "socket:["
#define PIDFD  "pidfd:[", "anon_inode:[pidfd]" /* since Linux 6.9, before */

struct descriptor {
    const char *process;
    int first, last; /* the numbers */
    const char *kinds[2];
};

static const struct descriptor descriptors[] = {
    {"sparkler-vmm", FD_CONSOLE_IN, FD_CONSOLE_OUT, {NULL}},
    {"sparkler-vmm", FD_LOG, FD_LOG, {PIPE}},
    {"sparkler-vmm", VMM_FD_BROKER, VMM_FD_BROKER, {SOCKET}},
    {"sparkler-vmm", VMM_FD_VM, VMM_FD_VM, {"anon_inode:kvm-vm"}},
    {"sparkler-vmm", VMM_FD_VCPU, VMM_FD_VCPU, {"anon_inode:kvm-vcpu:0"}},

    {"sparkler-linux", FD_CONSOLE_IN, FD_CONSOLE_OUT, {NULL}},
    {"sparkler-linux", FD_LOG, FD_LOG, {PIPE}},
    {"sparkler-linux", VMM_FD_BROKER, VMM_FD_BROKER, {SOCKET}},
    {"sparkler-linux", VMM_FD_VM, VMM_FD_VM, {"anon_inode:kvm-vm"}},
    {"sparkler-linux", VMM_FD_VCPU, VMM_FD_VCPU, {"anon_inode:kvm-vcpu:0"}},
    {"sparkler-linux", VMM_FD_ERROR, VMM_FD_ERROR, {NULL}},

    {"warden", FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
    {"warden", FD_LOG, FD_LOG, {PIPE}},
    {"warden", BROKER_FD_LINK, BROKER_FD_LINK, {SOCKET}},
    {"warden", BROKER_FD_FEEDS, BROKER_FD_CA + OPTION_REPEATS_MAX, {PATH}}, /* credentials, too */
    {"warden", JAIL_FD_PROGRAM, JAIL_FD_PROGRAM, {PATH}},

    {"sparkler-netbroker", FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
    {"sparkler-netbroker", FD_LOG, FD_LOG, {PIPE}},
    /* the link, the resolver, and connections to the feeds' servers */
    {"sparkler-netbroker", BROKER_FD_LINK, INT_MAX, {SOCKET}},

    {"resolver", FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
    {"resolver", FD_LOG, FD_LOG, {PIPE}},
    /* to the broker and to name servers; a look-up reads /etc/hosts */
    {"resolver", FD_LOG + 1, INT_MAX, {SOCKET, "/etc/"}},

    {"supervisor", FD_CONSOLE_IN, FD_LOG, {NULL}},
    {"supervisor", SUPERVISOR_FD_SIGNALS, SUPERVISOR_FD_SIGNALS, {"anon_inode:[signalfd]"}},
    {"supervisor", SUPERVISOR_FD_VMM_PID, SUPERVISOR_FD_WARDEN_PID, {PIDFD}},
    {"supervisor", SUPERVISOR_FD_VMM_LOG, SUPERVISOR_FD_GUEST_INPUT, {PIPE}},
    {"supervisor", SUPERVISOR_FD_CGROUPS, SUPERVISOR_FD_VMM_EVENTS, {PATH}},
    {"supervisor", SUPERVISOR_FD_JANITOR_PID, SUPERVISOR_FD_JANITOR_PID, {PIDFD}},
    {"supervisor", SUPERVISOR_FD_KERNEL_LOG, SUPERVISOR_FD_BROKER_EVENTS, {PATH}},
    {"supervisor", SUPERVISOR_FD_CLAIM, SUPERVISOR_FD_CLAIM, {PATH, SOCKET}},
    {"supervisor", SUPERVISOR_FD_OWN_PID, SUPERVISOR_FD_OWN_PID, {PIDFD}},
    {"supervisor", SUPERVISOR_FD_STARTER, SUPERVISOR_FD_STARTER, {PIPE}},

    {"janitor", FD_LOG, FD_LOG, {NULL}},
    {"janitor", JANITOR_FD_SUPERVISOR, JANITOR_FD_SUPERVISOR, {PIDFD}},
    {"janitor", SUPERVISOR_FD_CGROUPS, SUPERVISOR_FD_CGROUP_V2, {PATH}},
};

static bool begins(const char *text, const char *with)
{
    return with && strncmp(text, with, strlen(with)) == 0;
}

/* Only supervisor and janitor may hold a terminal. */
static bool is_terminal(pid_t pid, int fd)
{
    struct stat status;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    return stat(path, &status) == 0 && S_ISCHR(status.st_mode) &&
           (major(status.st_rdev) == 4 || major(status.st_rdev) == 5 ||     /* tty, console */
            (major(status.st_rdev) >= 136 && major(status.st_rdev) < 144)); /* pts */
}

static bool is_listed(const struct process *process, int fd, const char *target)
{
    for (size_t i = 0; process && i < sizeof(descriptors) / sizeof(*descriptors); i++) {
        const struct descriptor *d = &descriptors[i];

        if (strcmp(d->process, process->name) == 0 && d->first <= fd && fd <= d->last &&
            (!d->kinds[0] || begins(target, d->kinds[0]) || begins(target, d->kinds[1])))
            return true;
    }
    return false;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    return atoi((*a)->d_name) - atoi((*b)->d_name);
}

bool report_descriptors(pid_t pid, const struct process *process)
{
    struct wrap line = wrap_begin("descriptors");
    char path[64], target[PROC_LINK_MAX];
    struct dirent **entries;
    bool fine = true;
    int count;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    count = scandir(path, &entries, NULL, by_number);
    for (int i = 0; i < count; i++) {
        int fd = atoi(entries[i]->d_name);

        if (proc_link(pid, "fd", entries[i]->d_name, target)) {
            const char *wrong = "";

            if (!is_listed(process, fd, target))
                wrong = "WRONG, not in policy/fds.h: ";
            else if (process->jailed && is_terminal(pid, fd))
                wrong = "WRONG, a terminal: ";
            wrap_print(&line, "%s%d=%s", wrong, fd, target);
            fine &= !*wrong;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    wrap_end(&line);
    return fine && count > 0;
}
