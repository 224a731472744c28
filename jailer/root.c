/*
 * The jail's file system: an empty, read-only tmpfs, entered by pivot_root(2); the host's is
 * unmounted. The broker's has only what libcurl, OpenSSL and glibc's resolver read.
 */
#include "jail.h"
#include "kernel.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Where the new root is mounted before it is entered; any directory would do. */
#define NEW_ROOT "/proc"

/* What the broker reads; each may be missing on the host. */
static const char *const broker_files[] = {
    "/lib",
    "/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/ssl/openssl.cnf",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    NULL,
};

static void make_parents(char *path)
{
    for (char *slash = strchr(path + strlen(NEW_ROOT) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            err(1, "cannot make %s in the jail", path);
        *slash = '/';
    }
}

static void make_mount_point(const char *path, bool directory)
{
    int fd;

    if (directory) {
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            err(1, "cannot make %s in the jail", path);
        return;
    }
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
    if (fd < 0)
        err(1, "cannot make %s in the jail", path);
    close(fd);
}

/* Binds a file or directory of the host into the jail: read-only, no devices, no set-user-ID. */
static void bind_read_only(const char *source, const char *target)
{
    const struct tree_attributes read_only = {
        .set = TREE_ATTR_RDONLY | TREE_ATTR_NOSUID | TREE_ATTR_NODEV,
    };
    int tree =
        (int)syscall(SYS_open_tree, AT_FDCWD, source, TREE_CLONE | TREE_CLOEXEC | TREE_RECURSIVE);

    if (tree < 0 ||
        syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | TREE_RECURSIVE, &read_only,
                sizeof(read_only)) != 0 ||
        syscall(SYS_move_mount, tree, "", AT_FDCWD, target, TREE_MOVE_F_EMPTY_PATH) != 0)
        err(1, "cannot show %s in the jail, read-only", source);
    close(tree);
}

/* Shows one of broker_files as what it is: a link, file or directory. Skips one that is missing. */
static void show(const char *path)
{
    char target[PATH_MAX], link[PATH_MAX];
    struct stat status;
    ssize_t length;

    snprintf(target, sizeof(target), NEW_ROOT "%s", path);
    length = readlink(path, link, sizeof(link) - 1);
    /* /lib -> usr/lib stays a link; one to elsewhere, such as /run, is followed */
    if (length > 0 && strncmp(link, "usr/", 4) == 0) {
        link[length] = '\0';
        if (symlink(link, target) != 0)
            err(1, "cannot make the link %s in the jail", path);
        return;
    }
    if (stat(path, &status) != 0) {
        if (errno == ENOENT)
            return;
        err(1, "cannot show %s in the jail", path);
    }
    make_parents(target);
    make_mount_point(target, S_ISDIR(status.st_mode));
    bind_read_only(path, target);
}

static void enter_root(struct jail *jail)
{
    umask(022); /* the user's may be stricter, and hide root's files from the jail's uid */
    if (mount("jail", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=755") !=
        0)
        err(1, "cannot mount the jail's root");
    if (jail->role == BROKER)
        for (const char *const *path = broker_files; *path; path++)
            show(*path);
    if (chdir(NEW_ROOT) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        err(1, "cannot enter the jail's root by pivot_root");
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              NULL) != 0)
        err(1, "cannot make the jail's root read-only");
}

const struct lock lock_root = {
    .name = "root",
    .what = "no file; broker: libraries, resolver files",
    .roles = VMM | BROKER,
    .close = enter_root,
};
