/*
 * Control groups (cgroups(7)): separate limits for the VMM and the broker, in cgroup v2, or in v1
 * if the host has that. The jailer makes the directories; the supervisor removes them, without any
 * privilege, or the janitor if the supervisor was killed.
 */
#ifndef SPARKLER_CGROUP_H
#define SPARKLER_CGROUP_H

#include "jail.h"

/* Parent directories: one for v2; or for v1 one each of memory, pids and cpu, and one of v2 where
 * that is mounted too, for the broker's address guard. */
#define CGROUP_PARENTS_MAX 4

/*
 * The group of every supervisor and janitor of root's VMs. It may write to the parent directory,
 * which is sticky, so each may remove the cgroups of its own uid and no others.
 */
#define CGROUP_GID 0x6fffffffu

/* A jail's cgroup, a directory in each of the parents. */
struct cgroup {
    char name[96];
    int directory;                 /* of v2, to be born in (CLONE_INTO_CGROUP), or -1 */
    int tasks[CGROUP_PARENTS_MAX]; /* of v1, to enter, or -1 */
    bool guarded;                  /* by the address guard */
    const char *unguarded;         /* what this host lacks for the guard */
    int events;                    /* for cgroups_oom_kills(), or -1 */
};

struct cgroups {
    bool v2;        /* the host has only cgroup v2; otherwise v1, perhaps with v2 beside it */
    unsigned count; /* of the parents; 0 where there are no cgroups for this user */
    int parents[CGROUP_PARENTS_MAX];
    uint64_t mapped; /* bytes that are the guest's memory: its own, and the images */
    struct cgroup vmm, broker;
};

/* Why this user cannot have cgroups, or NULL. */
const char *cgroups_skipped(const struct options *options);

/* Whether the broker's cgroup has a directory of v2. */
bool cgroups_have_v2(const struct options *options);

/* Opens the parents, made if need be, and names the cgroups, of a VMM that has all its images by
 * now; leaves count 0 where this user has none. */
void cgroups_open(struct cgroups *cgroups, const struct jail *vmm);

/* Makes the cgroup of the VMM or of the broker, which `owner` may then remove, with its default
 * limits and those of --cgroup. False if there is one of that name already. Ends the program by
 * err(3) if a limit cannot be set. */
bool cgroups_make(struct cgroups *cgroups, enum role role, const struct options *options,
                  uid_t owner);

/* Opens the files of a cgroup of this VM's that say how much memory it has and what CPU time it
 * took, each -1 where the host has none: v1's memory.usage_in_bytes or v2's memory.current; v2's
 * cpu.stat, also where v2 is mounted beside v1. */
void cgroups_open_usage(const struct cgroups *cgroups, const struct cgroup *cgroup, int *memory,
                        int *cpu);

#define CGROUP_TRIES 2000 /* of cgroup_remove(), usually: two seconds */

/* Removes one of the two, by the descriptors from SUPERVISOR_FD_CGROUPS on; while the last process
 * in it is not gone, tries again each millisecond. Returns 0, or why it is still there. */
int cgroup_remove(const struct cgroups *cgroups, const struct cgroup *cgroup, unsigned tries);

/* How many processes the kernel has killed because their cgroup had no memory left. */
unsigned long cgroups_oom_kills(int events);

#endif
