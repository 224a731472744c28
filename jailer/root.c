/*
 * The jail's file system: an empty, read-only tmpfs, entered by pivot_root(2); the host's is
 * unmounted. The broker's has only what libcurl, OpenSSL and glibc's resolver read, the packer's
 * the libraries of mkfs.erofs. Packer and digester see one directory of the host.
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

/* What dynamic programs read; each may be missing on the host. */
static const char *const libraries[] = {
    "/lib", "/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/etc/ld.so.cache", NULL,
};

/* What the broker reads beside them; likewise. */
static const char *const broker_files[] = {
    "/etc/ssl/openssl.cnf", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
    "/etc/host.conf",       "/etc/gai.conf",    NULL,
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

/* Binds what `fd` is, or the path `source` leads to, into the jail, with what is mounted below it
 * if `flags` say so: without set-user-ID programs and devices, and with more `attributes`. */
static void bind_tree(int fd, const char *source, unsigned flags, const char *target,
                      uint64_t attributes)
{
    const struct tree_attributes set = {.set = attributes | TREE_ATTR_NOSUID | TREE_ATTR_NODEV};
    int tree = (int)syscall(SYS_open_tree, fd, source, TREE_CLONE | TREE_CLOEXEC | flags);

    if (tree < 0 ||
        syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (flags & TREE_RECURSIVE), &set,
                sizeof(set)) != 0 ||
        syscall(SYS_move_mount, tree, "", AT_FDCWD, target, TREE_MOVE_F_EMPTY_PATH) != 0)
        err(1, "cannot show %s in the jail", *source ? source : target + strlen(NEW_ROOT));
    close(tree);
}

/* Shows one of these files as what it is: a link, file or directory. Skips one that is missing. */
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
    bind_tree(AT_FDCWD, path, TREE_RECURSIVE, target, TREE_ATTR_RDONLY);
}

static void show_all(const char *const *paths)
{
    for (; *paths; paths++)
        show(*paths);
}

/* The directory without what is mounted below it. No link in it is followed, none of its files can
 * be executed, and reading changes no times. */
static void show_tree(const struct tree *tree)
{
    struct stat status;
    int fd;

    if (!tree->path)
        return;
    fd = tree->open(tree->path);
    if (fd < 0 || fstat(fd, &status) != 0)
        err(1, "cannot open %s", tree->path);
    if (status.st_dev != tree->device || status.st_ino != tree->inode)
        errx(1, "%s is no longer the directory that it was a moment ago", tree->path);
    make_mount_point(NEW_ROOT JAIL_TREE, true);
    bind_tree(fd, "", AT_EMPTY_PATH, NEW_ROOT JAIL_TREE,
              TREE_ATTR_RDONLY | TREE_ATTR_NOEXEC | TREE_ATTR_NOSYMFOLLOW);
    close(fd);
}

static void show_image(const char *path)
{
    make_mount_point(NEW_ROOT JAIL_IMAGE, false);
    bind_tree(AT_FDCWD, path, 0, NEW_ROOT JAIL_IMAGE, TREE_ATTR_NOEXEC);
}

static void enter_root(struct jail *jail)
{
    umask(022); /* the user's may be stricter, and hide root's files from the jail's uid */
    if (mount("jail", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=755") !=
        0)
        err(1, "cannot mount the jail's root");
    if (jail->role & (BROKER | PACKER))
        show_all(libraries);
    if (jail->role == BROKER)
        show_all(broker_files);
    if (jail->role & (PACKER | DIGESTER))
        show_tree(jail->tree);
    if (jail->role == PACKER)
        show_image(jail->tree->image);
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
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .close = enter_root,
};
