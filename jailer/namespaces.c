/*
 * Namespaces (namespaces(7)): clone3(2) makes all but the network's.
 */
#include "jail.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *skipped_as_root(const struct jail *jail)
{
    return jail->as_root && !jail->options->userns ? "root changes ids instead" : NULL;
}

/* Writes to a file of the process `pid`, or of the calling one if it is 0. */
static void write_proc(pid_t pid, const char *file, const char *text)
{
    char path[64] = "/proc/self/";
    int fd;

    if (pid != 0)
        snprintf(path, sizeof(path), "/proc/%d/", pid);
    strcat(path, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        err(1, "cannot set the ids of the user namespace: write '%s' to %s", text, path);
    close(fd);
}

/* Maps only the jail's own IDs, each to itself. */
static void map_ids(const struct jail *jail, pid_t pid)
{
    char map[64];

    snprintf(map, sizeof(map), "%u %u 1", jail->uid, jail->uid);
    write_proc(pid, "uid_map", map);
    if (!jail->as_root)
        write_proc(pid, "setgroups", "deny");
    snprintf(map, sizeof(map), "%u %u 1", jail->gid, jail->gid);
    write_proc(pid, "gid_map", map);
}

void map_ids_from_outside(const struct jail *jail, pid_t pid)
{
    map_ids(jail, pid);
    if (write(jail->ids_mapped[1], "", 1) != 1)
        err(1, "cannot tell a jail that its ids are mapped");
}

/* Started by root, the process has no ID in its own namespace, and could not create a file. */
static void take_ids(struct jail *jail)
{
    char mapped;

    close(jail->ids_mapped[1]);
    if (read(jail->ids_mapped[0], &mapped, 1) != 1)
        _exit(1); /* the jailer has said why */
    if (setgroups(0, NULL) != 0 || setresgid(jail->gid, jail->gid, jail->gid) != 0 ||
        setresuid(jail->uid, jail->uid, jail->uid) != 0)
        err(1, "cannot change to uid %u and gid %u in the user namespace", jail->uid, jail->gid);
}

static void enter_user_namespace(struct jail *jail)
{
    if (jail->as_root)
        take_ids(jail);
    else
        map_ids(jail, 0);
}

/* Mounts do not propagate into the jail or out of it. */
static void detach_mounts(struct jail *jail)
{
    (void)jail;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return;
    if (errno == EINVAL)
        errx(1, "cannot make the jail's mounts private: / is not a mount point here (a chroot?); "
                "enter it by pivot_root, as systemd-nspawn does");
    err(1, "cannot make the jail's mounts private");
}

/* Not by clone3(2), for which the jailer would wait: a network namespace takes longest to make. */
static void leave_network(struct jail *jail)
{
    (void)jail;
    if (unshare(CLONE_NEWNET) != 0)
        err(1, "cannot make the jail's empty network");
}

const struct lock lock_user_namespace = {
    .name = "user namespace",
    .what = "no other id; capabilities end at the jail",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWUSER,
    .skipped = skipped_as_root,
    .close = enter_user_namespace,
};

const struct lock lock_mount_namespace = {
    .name = "mount namespace",
    .what = "no mount of the host",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWNS,
    .close = detach_mounts,
};

const struct lock lock_pid_namespace = {
    .name = "pid namespace",
    .what = "no other process to see or to signal",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWPID,
};

const struct lock lock_network_namespace = {
    .name = "network namespace",
    .what = "no network, no abstract socket",
    .roles = VMM | PACKER | DIGESTER,
    .close = leave_network,
};

const struct lock lock_ipc_namespace = {
    .name = "ipc namespace",
    .what = "no System V IPC or queue of the host",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWIPC,
};

const struct lock lock_uts_namespace = {
    .name = "uts namespace",
    .what = "no way to rename the host",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWUTS,
};

const struct lock lock_cgroup_namespace = {
    .name = "cgroup namespace",
    .what = "no view of the host's cgroups",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .clone_flags = CLONE_NEWCGROUP,
};
