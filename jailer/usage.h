/*
 * What the kernel counts of a VM, for --status: CPU time and memory of its processes and cgroups,
 * exits of its vCPU. The files are opened before the supervisor locks itself up, and read at their
 * offsets afterwards. What a host does not have is absent.
 */
#ifndef SPARKLER_USAGE_H
#define SPARKLER_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct jails;
struct cgroups;

/* of a process (proc_pid_stat(5)) */
struct process_usage {
    bool is_known;
    uint64_t cpu_ticks;      /* of itself, in USAGE_TICKS of a second */
    uint64_t children_ticks; /* of its children that have ended, and theirs */
    uint64_t resident_pages;
};

#define USAGE_TICKS 100  /* USER_HZ of x86 */
#define USAGE_PAGE  4096 /* bytes */

/* of a cgroup */
struct cgroup_usage {
    bool has_cpu, has_memory;
    uint64_t cpu_us;
    uint64_t memory; /* bytes */
};

#define EXIT_KINDS_MAX 16
#define EXIT_NAME_MAX  48

/* of the vCPU (KVM_GET_STATS_FD, Documentation/virt/kvm/api.rst): all exits, and those of some
 * kinds, under the kernel's names: "io" for the counter io_exits */
struct exit_usage {
    bool is_known;
    uint64_t all;
    unsigned count;
    struct {
        char name[EXIT_NAME_MAX];
        uint64_t exits;
    } kinds[EXIT_KINDS_MAX];
};

struct usage {
    struct process_usage vmm, warden, supervisor;
    struct cgroup_usage vmm_cgroup, broker_cgroup;
    struct exit_usage exits;
};

/* Whether this KVM counts for a descriptor. */
bool usage_counts_exits(int kvm);

/* Gives the supervisor the files, once both jails have started and the VMM was sent its whole
 * configuration; waits for its vCPU. */
void usage_open(struct jails *jails, const struct cgroups *cgroups);

/* Reads them, by the numbers of policy/fds.h. */
struct usage usage_read(void);

/* Once they were read for the last time: closes what keeps the VM from going with its VMM, and
 * kernel threads of its in the VMM's cgroup. */
void usage_let_go(void);

#endif
