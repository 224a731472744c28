/*
 * The cgroup of a container (cgroups(7)): a directory at linux.cgroupsPath in cgroup v2, or in each
 * of v1's hierarchies. The supervisor and the janitor are in it; the jailer makes those of the VMM
 * and the broker below it (--parent-cgroup), with limits of their own, which CPU time is among: v1
 * refuses a child more than its parent has.
 */
#ifndef SPARKLER_OCI_GROUP_H
#define SPARKLER_OCI_GROUP_H

#include "config.h"
#include "systemd.h"

#include <stdbool.h>

struct group {
    char path[400]; /* below each root; "": the user has no cgroups */
    bool v2;
    struct scope scope; /* that systemd makes */
};

/* Where the container's cgroup is to be; `systemd` if that must make it (--systemd-cgroup). Ends
 * the program if cgroupsPath is malformed. */
struct group group_name(const struct config_cgroup *config, const char *id, bool systemd);

/* The one that is at this path, and perhaps that of a scope. */
struct group group_at(const char *path, const char *scope);

/* Makes the directories, or has systemd make them for the process `pid`, and sets the limits. Ends
 * the program if that fails. */
void group_make(const struct group *group, const struct config_cgroup *config, pid_t pid);

/* Enters it: what the calling process starts is in it, too. Returns false, with errno. */
bool group_enter(const struct group *group);

/* Removes it, and what a VM that has just been killed may have left in it. Waits up to five seconds
 * for the last process to be gone. */
void group_remove(const struct group *group);

/* A file of one of its directories (controller "memory"; v2 has only one), as text with a NUL, or
 * "" if it cannot be read. */
void group_read(const struct group *group, const char *controller, const char *file, char *text,
                size_t size);

#endif
