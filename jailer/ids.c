/* Picks user and group IDs: see ids.h. */
#include "ids.h"

#include "cgroup.h"
#include "jail.h"

#include <stdio.h>
#include <unistd.h>

/*
 * Above the user IDs that distributions and systemd hand out (systemd's "Users, Groups, UIDs and
 * GIDs"): two for each VM, by the pid of its jailer or by a hash of its --id.
 */
#define UID_BASE  0x70000000u
#define UID_SLOTS 0x400000u /* pid_max is at most 2^22 */

static uint32_t uid_slot(const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    if (!id)
        return (uint32_t)getpid() % UID_SLOTS;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return UID_SLOTS + hash % UID_SLOTS;
}

uid_t ids_pick(const char *id)
{
    return UID_BASE + 2 * uid_slot(id);
}

bool ids_is_root(void)
{
    unsigned long inside, outside, count;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool all = map && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 &&
               count == UINT32_MAX;

    if (map)
        fclose(map);
    return geteuid() == 0 && all;
}

static uid_t uid_of(enum user user, const struct options *options)
{
    return user == VMM_USER ? options->uid : options->uid + 1;
}

void ids_give(struct jail *jail)
{
    const struct options *options = jail->options;

    if (!options->root) {
        jail->uid = jail->euid = getuid();
        jail->gid = getgid();
        return;
    }
    jail->uid = uid_of(jail->process->user, options);
    jail->euid = uid_of(jail->process->effective, options);
    jail->gid = jail->role & (SUPERVISOR | JANITOR) ? CGROUP_GID : options->gid;
}
