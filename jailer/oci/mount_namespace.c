/* The mount namespace of a container's process: see mount_namespace.h. */
#include "mount_namespace.h"

#include "log.h"
#include "process.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the new root is mounted before it is entered; any directory would do. */
#define NEW_ROOT "/proc"

/* Root, if only of a user namespace, as podman makes for a user. */
static bool may_make_namespaces(void)
{
    return geteuid() == 0;
}

void mount_namespace_new(void)
{
    if (!may_make_namespaces())
        return;
    /* a slave: no mount that the host takes away is kept here, and what goes here, stays there */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        err(1, "cannot make a mount namespace for the container's process");
}

/* In a child, since it cannot come back. pivot_root(2) moves the namespace's other processes. */
static _Noreturn void empty(int namespace)
{
    if (setns(namespace, CLONE_NEWNS) != 0 ||
        mount("empty", NEW_ROOT, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "size=4k,mode=755") != 0 ||
        chdir(NEW_ROOT) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        umount2(".", MNT_DETACH) != 0)
        _exit(errno);
    _exit(0);
}

void mount_namespace_empty(pid_t pid)
{
    char path[64];
    int namespace;
    pid_t child;

    if (!may_make_namespaces())
        return;
    snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
    namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0 || (child = fork()) < 0)
        fail_errno("cannot enter the mount namespace of the container's process");
    if (child == 0)
        empty(namespace);
    close(namespace);
    errno = process_await(child);
    if (errno != 0)
        fail_errno("cannot empty the mount namespace of the container's process");
}
