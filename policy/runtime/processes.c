/* The processes of a VM: see processes.h. */
#include "policy/runtime/processes.h"

#include "jailer/options.h"
#include "policy/fds.h"

#include <limits.h>
#include <string.h>

#define COMM_LENGTH 15

#define BROKER_FD_LAST_CREDENTIAL (BROKER_FD_CREDENTIALS + OPTION_REPEATS_MAX - 1)

/* what /proc/PID/fd/N links to */
#define ANYTHING ""
#define PATH     "/" /* a file, a directory or a device */
#define PIPE     "pipe:["
#define SOCKET   "socket:["
#define PIDFD    "pidfd:[", "anon_inode:[pidfd]" /* since Linux 6.9, before */

const struct process
    processes[PROCESSES + 1] =
        {
            {
                .name = "sparkler-vmm",
                .title = "sparkler-vmm",
                .role = VMM,
                .is_first = true,
                .always = true,
                .user = VMM_USER,
                .effective = VMM_USER,
                .policies = {"vmm-boot", "vmm"},
                .fd_prefix = "VMM",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {ANYTHING}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        {VMM_FD_BROKER, VMM_FD_BROKER, {SOCKET}},
                        {VMM_FD_VM, VMM_FD_VM, {"anon_inode:kvm-vm"}},
                        {VMM_FD_VCPU, VMM_FD_VCPU, {"anon_inode:kvm-vcpu:0"}},
                    },
            },
            /* sparkler-vmm calls itself so when its guest is a Linux program (vmm/main.c) */
            {
                .name = "sparkler-linux",
                .title = "sparkler-vmm",
                .role = VMM,
                .instead_of = "sparkler-vmm",
                .user = VMM_USER,
                .effective = VMM_USER,
                .policies = {"vmm-boot", "vmm-linux"},
                .fd_prefix = "VMM",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {ANYTHING}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        {VMM_FD_BROKER, VMM_FD_BROKER, {SOCKET}},
                        {VMM_FD_VM, VMM_FD_VM, {"anon_inode:kvm-vm"}},
                        {VMM_FD_VCPU, VMM_FD_VCPU, {"anon_inode:kvm-vcpu:0"}},
                        {VMM_FD_ERROR, VMM_FD_ERROR, {ANYTHING}},
                    },
            },
            {
                .name = "sparkler-netbroker",
                .title = "sparkler-netbroker",
                .role = BROKER,
                .user = BROKER_USER,
                .effective = BROKER_USER,
                .policies = {"warden", "netbroker"},
                .fd_prefix = "BROKER",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        /* link, ledger, resolver, and connections to the feeds' servers */
                        {BROKER_FD_LINK, INT_MAX, {SOCKET}},
                    },
            },
            {
                .name = "resolver",
                .title = "the resolver",
                .role = BROKER,
                .user = BROKER_USER,
                .effective = BROKER_USER,
                .policies = {"warden", "resolver"},
                .fd_prefix = "RESOLVER",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        /* to the broker and to name servers; a look-up reads /etc/hosts */
                        {FD_LOG + 1, INT_MAX, {SOCKET, "/etc/"}},
                    },
            },
            {
                .name = "warden",
                .title = "the broker's warden",
                .role = BROKER,
                .is_first = true,
                .always = true,
                .user = BROKER_USER,
                .effective = BROKER_USER,
                .policies = {"warden"},
                .fd_prefix = "BROKER",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        {BROKER_FD_LINK, BROKER_FD_LINK, {SOCKET}},
                        {BROKER_FD_FEEDS, BROKER_FD_CA, {PATH}},
                        {BROKER_FD_LEDGER, BROKER_FD_LEDGER, {SOCKET}},
                        {BROKER_FD_CREDENTIALS, BROKER_FD_LAST_CREDENTIAL, {PATH}},
                        {JAIL_FD_PROGRAM, JAIL_FD_PROGRAM, {PATH}},
                    },
            },
            /* These two have the user IDs of both jails, so that they may signal both, and the
             * kernel may on the supervisor's death (kill(2)). */
            {
                .name = "supervisor",
                .title = "the supervisor",
                .role = SUPERVISOR,
                .is_first = true,
                .always = true,
                .user = VMM_USER,
                .effective = BROKER_USER,
                .policies = {"supervisor"},
                .fd_prefix = "SUPERVISOR",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_LOG, {ANYTHING}},
                        {SUPERVISOR_FD_SIGNALS, SUPERVISOR_FD_SIGNALS, {"anon_inode:[signalfd]"}},
                        {SUPERVISOR_FD_VMM_PID, SUPERVISOR_FD_WARDEN_PID, {PIDFD}},
                        {SUPERVISOR_FD_VMM_LOG, SUPERVISOR_FD_GUEST_INPUT, {PIPE}},
                        {SUPERVISOR_FD_CGROUPS, SUPERVISOR_FD_VMM_EVENTS, {PATH}},
                        {SUPERVISOR_FD_JANITOR_PID, SUPERVISOR_FD_JANITOR_PID, {PIDFD}},
                        {SUPERVISOR_FD_KERNEL_LOG, SUPERVISOR_FD_BROKER_EVENTS, {PATH}},
                        {SUPERVISOR_FD_CLAIM, SUPERVISOR_FD_CLAIM, {PATH, SOCKET}},
                        {SUPERVISOR_FD_OWN_PID, SUPERVISOR_FD_OWN_PID, {PIDFD}},
                        {SUPERVISOR_FD_STARTER, SUPERVISOR_FD_STARTER, {PIPE, SOCKET}},
                        {SUPERVISOR_FD_HOLD, SUPERVISOR_FD_HOLD, {PATH}},
                        {SUPERVISOR_FD_READY, SUPERVISOR_FD_READY, {SOCKET}},
                        {SUPERVISOR_FD_ERROR, SUPERVISOR_FD_ERROR, {PATH}},
                        {SUPERVISOR_FD_LEDGER, SUPERVISOR_FD_LEDGER, {SOCKET}},
                        {SUPERVISOR_FD_RECORD, SUPERVISOR_FD_RECORD, {PATH}},
                        {SUPERVISOR_FD_START, SUPERVISOR_FD_START, {SOCKET}},
                        {SUPERVISOR_FD_STATUS, SUPERVISOR_FD_BROKER_CPU, {PATH}},
                        {SUPERVISOR_FD_VCPU_STATS,
                         SUPERVISOR_FD_VCPU_STATS,
                         {"anon_inode:kvm-vcpu-stats"}},
                    },
            },
            {
                .name = "janitor",
                .title = "the janitor",
                .role = JANITOR,
                .is_first = true,
                .user = VMM_USER,
                .effective = BROKER_USER,
                .policies = {"janitor"},
                .fd_prefix = "JANITOR",
                .descriptors =
                    {
                        {FD_LOG, FD_LOG, {ANYTHING}},
                        {JANITOR_FD_SUPERVISOR, JANITOR_FD_SUPERVISOR, {PIDFD}},
                        {JANITOR_FD_CGROUPS, JANITOR_FD_CGROUP_V2, {PATH}},
                    },
            },
            /* the packer, while it is mkfs.erofs */
            {
                .name = "mkfs.erofs",
                .title = "mkfs.erofs",
                .role = PACKER,
                .is_first = true,
                .reads_all = true,
                .user = VMM_USER,
                .effective = VMM_USER,
                .policies = {"packer"},
                .fd_prefix = "PACKER",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_OUT, {"/dev/null"}},
                        {FD_LOG, FD_LOG, {PIPE}},
                        /* the image; directories and files that it reads */
                        {PACKER_FD_IMAGE, INT_MAX, {PATH}},
                    },
            },
            {
                .name = "digester",
                .title = "the digester",
                .role = DIGESTER,
                .is_first = true,
                .reads_all = true,
                .user = VMM_USER,
                .effective = VMM_USER,
                .policies = {"digester"},
                .fd_prefix = "DIGESTER",
                .descriptors =
                    {
                        {FD_CONSOLE_IN, FD_CONSOLE_IN, {"/dev/null"}},
                        {DIGESTER_FD_RESULT, FD_LOG, {PIPE}},
                        /* directories and files that it reads */
                        {FD_LOG + 1, INT_MAX, {PATH}},
                    },
            },
            {.name = NULL},
};

const struct process *process_of(enum role role)
{
    const struct process *process = processes;

    while (process->role != role || !process->is_first)
        process++;
    return process;
}

const struct process *process_find(const char *name)
{
    for (const struct process *p = processes; p->name; p++)
        if (strcmp(p->name, name) == 0 ||
            (strlen(name) == COMM_LENGTH && strncmp(p->name, name, COMM_LENGTH) == 0))
            return p;
    return NULL;
}
