/* What can be set of a file: its size, mode, owner and times. */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"
#include "tmpfs.h"

#include <linux/time.h>

enum { UTIME_NOW_NS = 0x3fffffff, UTIME_OMIT_NS = 0x3ffffffe };

/* What is changed: by a path, or an open file. The inode, or NULL with *error; put by put(). */
static struct dentry *find(int directory, const char *path, int flags, int *error)
{
    struct dentry *found = NULL;

    *error = path_lookup(directory, path,
                         (flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW) |
                             (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0),
                         &found);
    return *error < 0 ? NULL : found;
}

static struct dentry *find_open(int fd, int *error)
{
    struct file *file = fd_file(fd);
    struct dentry *found = NULL;

    *error = file && file->operations ? 0 : -EBADF;
    if (*error == 0)
        found = dentry_get(file->dentry);
    if (file)
        file_put(file);
    return found;
}

static int truncate(struct dentry *dentry, int64_t size)
{
    struct inode *inode = dentry->inode;
    int error;

    if ((uint64_t)size > current_size_limit())
        return current_size_exceeded();
    if (inode->super->read_only)
        return -EROFS;
    error = tmpfs_truncate(inode, (uint64_t)size);
    if (error == 0)
        notify_dentry(dentry, IN_MODIFY);
    return error;
}

long sys_truncate(const char *path, int64_t size)
{
    struct dentry *found;
    int error;

    if (size < 0)
        return -EINVAL;
    found = find(AT_FDCWD, path, 0, &error);
    if (!found)
        return error;
    if (!S_ISREG(found->inode->mode))
        error = S_ISDIR(found->inode->mode) ? -EISDIR : -EINVAL;
    else if (!found->super->read_only && permission(found->inode, MAY_WRITE) < 0)
        error = -EACCES;
    else
        error = truncate(found, size);
    dentry_put(found);
    return error;
}

long sys_ftruncate(int fd, int64_t size)
{
    struct file *file;
    int error;

    if (size < 0)
        return -EINVAL;
    file = fd_file(fd);
    if (!file)
        return -EBADF;
    if (!file->operations)
        error = -EBADF;
    else if (!S_ISREG(file->inode->mode) || !file_writable(file))
        error = -EINVAL;
    else
        error = truncate(file->dentry, size);
    file_put(file);
    return error;
}

/* These take the dentry's reference; it is NULL where `error` says why. */
static long change_mode(struct dentry *found, uint32_t mode, int error)
{
    struct inode *inode;

    if (!found)
        return error;
    inode = found->inode;
    if (inode->super->read_only) {
        error = -EROFS;
    } else if (S_ISLNK(inode->mode)) {
        error = -EOPNOTSUPP;
    } else if (!is_owner(inode)) {
        error = -EPERM;
    } else {
        if (!is_in_group(current_credentials(), inode->gid) && !is_capable(CAP_FSETID))
            mode &= ~(uint32_t)S_ISGID;
        inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
        inode_touch(inode, false);
        notify_dentry(found, IN_ATTRIB);
    }
    dentry_put(found);
    return error;
}

long sys_fchmodat2(int directory, const char *path, uint32_t mode, int flags)
{
    struct dentry *found;
    int error;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    found = find(directory, path, flags, &error);
    return change_mode(found, mode, error);
}

long sys_fchmodat(int directory, const char *path, uint32_t mode)
{
    return sys_fchmodat2(directory, path, mode, 0);
}

long sys_chmod(const char *path, uint32_t mode)
{
    return sys_fchmodat2(AT_FDCWD, path, mode, 0);
}

long sys_fchmod(int fd, uint32_t mode)
{
    int error;
    struct dentry *found = find_open(fd, &error);

    return change_mode(found, mode, error);
}

/* The owner may give a file to another of the own groups; only root gives it to another user. */
static bool may_change_owner(const struct inode *inode, uint32_t uid, uint32_t gid)
{
    const struct credentials *credentials = current_credentials();
    const bool owns = credentials->user.file == inode->uid;

    if (is_capable(CAP_CHOWN))
        return true;
    if (uid != UINT32_MAX && (!owns || uid != inode->uid))
        return false;
    return gid == UINT32_MAX || (owns && (gid == inode->gid || is_in_group(credentials, gid)));
}

static long change_owner(struct dentry *found, uint32_t uid, uint32_t gid, int error)
{
    struct inode *inode;

    if (!found)
        return error;
    inode = found->inode;
    if (inode->super->read_only) {
        error = -EROFS;
    } else if (!may_change_owner(inode, uid, gid)) {
        error = -EPERM;
    } else {
        inode->uid = uid == UINT32_MAX ? inode->uid : uid;
        inode->gid = gid == UINT32_MAX ? inode->gid : gid;
        if (!S_ISDIR(inode->mode)) { /* rights of the old owner are no rights of the new one */
            inode->mode &= ~(S_ISUID | (inode->mode & S_IXGRP ? (uint32_t)S_ISGID : 0u));
            inode->powerless = true;
        }
        inode_touch(inode, false);
        notify_dentry(found, IN_ATTRIB);
    }
    dentry_put(found);
    return error;
}

long sys_fchownat(int directory, const char *path, uint32_t uid, uint32_t gid, int flags)
{
    struct dentry *found;
    int error;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    found = find(directory, path, flags, &error);
    return change_owner(found, uid, gid, error);
}

long sys_chown(const char *path, uint32_t uid, uint32_t gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(const char *path, uint32_t uid, uint32_t gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
    int error;
    struct dentry *found = find_open(fd, &error);

    return change_owner(found, uid, gid, error);
}

static bool is_time(const struct __kernel_timespec *time)
{
    return time->tv_nsec == UTIME_NOW_NS || time->tv_nsec == UTIME_OMIT_NS ||
           (time->tv_nsec >= 0 && time->tv_nsec < (long long)NSEC_PER_SEC);
}

static void set_time(struct timestamp *time, const struct __kernel_timespec *to,
                     const struct timestamp *now)
{
    if (to->tv_nsec == UTIME_NOW_NS)
        *time = *now;
    else if (to->tv_nsec != UTIME_OMIT_NS)
        *time = (struct timestamp){to->tv_sec, (uint32_t)to->tv_nsec};
}

/* To set them to now, it is enough to be able to write. */
static int may_set_times(const struct inode *inode, const struct __kernel_timespec times[2])
{
    if (is_owner(inode))
        return 0;
    if (times[0].tv_nsec != UTIME_NOW_NS || times[1].tv_nsec != UTIME_NOW_NS)
        return -EPERM;
    return permission(inode, MAY_WRITE);
}

static int set_both(struct inode *inode, const struct __kernel_timespec times[2])
{
    const struct timestamp now = timestamp_now();
    int error = may_set_times(inode, times);

    if (inode->super->read_only)
        return -EROFS;
    if (!is_time(&times[0]) || !is_time(&times[1]))
        return -EINVAL;
    if (error < 0)
        return error;
    set_time(&inode->accessed, &times[0], &now);
    set_time(&inode->modified, &times[1], &now);
    inode->changed = now;
    return 0;
}

/* A NULL path is the open file itself. */
static long set_times(int directory, const char *path, const struct __kernel_timespec times[2],
                      int flags)
{
    struct dentry *found;
    int error;

    found = path ? find(directory, path, flags, &error) : find_open(directory, &error);
    if (!found)
        return error;
    error = set_both(found->inode, times);
    if (error == 0)
        notify_dentry(found, IN_ATTRIB);
    dentry_put(found);
    return error;
}

static const struct __kernel_timespec both_now[2] = {{0, UTIME_NOW_NS}, {0, UTIME_NOW_NS}};

long sys_utimensat(int directory, const char *path, const void *user, int flags)
{
    struct __kernel_timespec times[2];

    if (user && copy_from_user(times, user, sizeof(times)) < 0)
        return -EFAULT;
    if (!user)
        memcpy(times, both_now, sizeof(times));
    if (times[0].tv_nsec == UTIME_OMIT_NS && times[1].tv_nsec == UTIME_OMIT_NS)
        return 0;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || (!path && flags))
        return -EINVAL;
    if (!path && directory == AT_FDCWD)
        return -EFAULT;
    return set_times(directory, path, times, flags);
}

long sys_futimesat(int directory, const char *path, const void *user)
{
    struct __kernel_timespec times[2];

    if (!user)
        return set_times(directory, path, both_now, 0);
    if (copy_from_user(times, user, sizeof(times)) < 0) /* a timeval looks the same */
        return -EFAULT;
    for (int i = 0; i < 2; i++) {
        if (times[i].tv_nsec < 0 || times[i].tv_nsec >= 1000000)
            return -EINVAL;
        times[i].tv_nsec *= 1000;
    }
    return set_times(directory, path, times, 0);
}

long sys_utimes(const char *path, const void *times)
{
    return sys_futimesat(AT_FDCWD, path, times);
}

long sys_utime(const char *path, const void *user)
{
    struct __kernel_timespec times[2] = {0};
    int64_t seconds[2];

    if (!user)
        return set_times(AT_FDCWD, path, both_now, 0);
    if (copy_from_user(seconds, user, sizeof(seconds)) < 0)
        return -EFAULT;
    times[0].tv_sec = seconds[0];
    times[1].tv_sec = seconds[1];
    return set_times(AT_FDCWD, path, times, 0);
}
