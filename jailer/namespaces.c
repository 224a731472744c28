/*
 * Namespaces (namespaces(7)): the jail's process is born in them by clone3(2), but for the network.
 */
#include "jail.h"

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *skipped_as_root(const struct jail *jail)
{
    return jail->as_root ? "root changes ids instead" : NULL;
}

static void write_proc(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        err(1, "cannot set the ids of the user namespace: write '%s' to %s", text, path);
    close(fd);
}

/* Maps the user's own ids onto themselves, and nothing else. */
static void map_ids(struct jail *jail)
{
    char map[64];

    snprintf(map, sizeof(map), "%u %u 1", jail->uid, jail->uid);
    write_proc("/proc/self/uid_map", map);
    write_proc("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "%u %u 1", jail->gid, jail->gid);
    write_proc("/proc/self/gid_map", map);
}

/* Nothing that is mounted in the jail shows outside, and no mount from outside wanders in. */
static void detach_mounts(struct jail *jail)
{
    (void)jail;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        err(1, "cannot make the jail's mounts private");
}

/* Not by clone3(2): a network takes longest to make, and the jailer need not wait for it. */
static void leave_network(struct jail *jail)
{
    (void)jail;
    if (unshare(CLONE_NEWNET) != 0)
        err(1, "cannot make the jail's empty network");
}

const struct lock lock_user_namespace = {
    .name = "user namespace",
    .what = "no other id; capabilities end at the jail",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWUSER,
    .skipped = skipped_as_root,
    .close = map_ids,
};

const struct lock lock_mount_namespace = {
    .name = "mount namespace",
    .what = "no mount of the host",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWNS,
    .close = detach_mounts,
};

const struct lock lock_pid_namespace = {
    .name = "pid namespace",
    .what = "no other process to see or to signal",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWPID,
};

const struct lock lock_network_namespace = {
    .name = "network namespace",
    .what = "no network, no abstract socket",
    .roles = VMM,
    .close = leave_network,
};

const struct lock lock_ipc_namespace = {
    .name = "ipc namespace",
    .what = "no System V IPC or queue of the host",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWIPC,
};

const struct lock lock_uts_namespace = {
    .name = "uts namespace",
    .what = "no way to rename the host",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWUTS,
};

const struct lock lock_cgroup_namespace = {
    .name = "cgroup namespace",
    .what = "no view of the host's cgroups",
    .roles = VMM | BROKER,
    .clone_flags = CLONE_NEWCGROUP,
};
