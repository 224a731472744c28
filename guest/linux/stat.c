/* What is known of files, and of file systems. */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"
#include "tmpfs.h"

#include <asm/stat.h>
#include <asm/statfs.h>

enum { AT_EACCESS_FLAG = 0x200 }; /* AT_EACCESS, which shares its number with AT_REMOVEDIR */

/* Calls of a path or, with AT_EMPTY_PATH, of an open file itself. */
static int find(int directory, const char *path, int flags, struct dentry **found)
{
    return path_lookup(directory, path,
                       (flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW) |
                           (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0),
                       found);
}

static uint64_t blocks_of(const struct inode *inode)
{
    return inode->operations->page ? tmpfs_blocks((struct inode *)inode) : 0;
}

static long put_stat(const struct inode *inode, void *user)
{
    const struct stat stat = {
        .st_dev = inode->super->device,
        .st_ino = inode->number,
        .st_nlink = inode->links,
        .st_mode = inode->mode,
        .st_uid = inode->uid,
        .st_gid = inode->gid,
        .st_rdev = inode->rdev,
        .st_size = (long)inode->size,
        .st_blksize = PAGE_SIZE,
        .st_blocks = (long)blocks_of(inode),
        .st_atime = (unsigned long)inode->accessed.seconds,
        .st_atime_nsec = inode->accessed.nanoseconds,
        .st_mtime = (unsigned long)inode->modified.seconds,
        .st_mtime_nsec = inode->modified.nanoseconds,
        .st_ctime = (unsigned long)inode->changed.seconds,
        .st_ctime_nsec = inode->changed.nanoseconds,
    };

    return copy_to_user(user, &stat, sizeof(stat));
}

long sys_newfstatat(int directory, const char *path, void *stat, int flags)
{
    struct dentry *found;
    long error;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    error = find(directory, path, flags, &found);
    if (error < 0)
        return error;
    error = put_stat(found->inode, stat);
    dentry_put(found);
    return error;
}

long sys_stat(const char *path, void *stat)
{
    return sys_newfstatat(AT_FDCWD, path, stat, 0);
}

long sys_lstat(const char *path, void *stat)
{
    return sys_newfstatat(AT_FDCWD, path, stat, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(int fd, void *stat)
{
    struct file *file = fd_file(fd);
    long error;

    if (!file)
        return -EBADF;
    error = put_stat(file->inode, stat);
    file_put(file);
    return error;
}

static struct statx_timestamp statx_time(const struct timestamp *time)
{
    return (struct statx_timestamp){.tv_sec = time->seconds, .tv_nsec = time->nanoseconds};
}

static long put_statx(const struct dentry *dentry, void *user)
{
    const struct inode *inode = dentry->inode;
    const bool root = dentry == dentry->super->root;
    const struct statx statx = {
        .stx_mask = STATX_BASIC_STATS | STATX_BTIME,
        .stx_blksize = PAGE_SIZE,
        .stx_attributes = root ? STATX_ATTR_MOUNT_ROOT : 0,
        .stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
        .stx_nlink = inode->links,
        .stx_uid = inode->uid,
        .stx_gid = inode->gid,
        .stx_mode = (uint16_t)inode->mode,
        .stx_ino = inode->number,
        .stx_size = inode->size,
        .stx_blocks = blocks_of(inode),
        .stx_atime = statx_time(&inode->accessed),
        .stx_btime = statx_time(&inode->born),
        .stx_ctime = statx_time(&inode->changed),
        .stx_mtime = statx_time(&inode->modified),
        .stx_rdev_major = device_major(inode->rdev),
        .stx_rdev_minor = device_minor(inode->rdev),
        .stx_dev_major = device_major(inode->super->device),
        .stx_dev_minor = device_minor(inode->super->device),
    };

    return copy_to_user(user, &statx, sizeof(statx));
}

long sys_statx(int directory, const char *path, int flags, unsigned mask, void *statx)
{
    struct dentry *found;
    long error;

    if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
        flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
        return -EINVAL;
    error = find(directory, path, flags, &found);
    if (error < 0)
        return error;
    error = put_statx(found, statx);
    dentry_put(found);
    return error;
}

static long put_statfs(const struct super_block *super, void *user)
{
    const uint64_t left = super->pages < super->pages_max ? super->pages_max - super->pages : 0;
    const struct statfs statfs = {
        .f_type = (long)super->magic,
        .f_bsize = PAGE_SIZE,
        .f_blocks = (long)super->pages_max,
        .f_bfree = (long)left,
        .f_bavail = (long)left,
        .f_files = (long)super->pages_max,
        .f_ffree = (long)left,
        .f_fsid = {{(int)super->device, 0}},
        .f_namelen = NAME_LENGTH_MAX,
        .f_frsize = PAGE_SIZE,
        .f_flags = 0x20 | (super->read_only ? 1 : 0), /* ST_VALID, ST_RDONLY */
    };

    return copy_to_user(user, &statfs, sizeof(statfs));
}

long sys_statfs(const char *path, void *statfs)
{
    struct dentry *found;
    long error = path_lookup(AT_FDCWD, path, PATH_FOLLOW, &found);

    if (error < 0)
        return error;
    error = put_statfs(found->super, statfs);
    dentry_put(found);
    return error;
}

long sys_fstatfs(int fd, void *statfs)
{
    struct file *file = fd_file(fd);
    long error;

    if (!file)
        return -EBADF;
    error = put_statfs(file->dentry->super, statfs);
    file_put(file);
    return error;
}

static int may_access(const struct inode *inode, unsigned mode)
{
    const bool device = !S_ISREG(inode->mode) && !S_ISDIR(inode->mode) && !S_ISLNK(inode->mode);

    if (mode & MAY_WRITE && !takes_writes(inode) && !device)
        return -EROFS;
    return permission(inode, mode);
}

/* What the program could do with its real ids: access(2) answers for who started it. */
static struct credentials real_credentials(void)
{
    struct credentials credentials = *current_credentials();

    credentials.user.file = credentials.user.real;
    credentials.group.file = credentials.group.real;
    credentials.effective = credentials.user.real == 0 ? credentials.permitted : 0;
    return credentials;
}

static int access(int directory, const char *path, unsigned mode, int flags)
{
    struct dentry *found;
    int error = find(directory, path, flags, &found);

    if (error < 0)
        return error;
    error = may_access(found->inode, mode);
    dentry_put(found);
    return error;
}

long sys_faccessat2(int directory, const char *path, int mode, int flags)
{
    const struct credentials own = *current_credentials();
    int error;

    if (mode & ~7 || flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_EACCESS_FLAG))
        return -EINVAL;
    if (!(flags & AT_EACCESS_FLAG))
        *current_credentials() = real_credentials();
    error = access(directory, path, (unsigned)mode, flags);
    *current_credentials() = own;
    return error;
}

long sys_faccessat(int directory, const char *path, int mode)
{
    return sys_faccessat2(directory, path, mode, 0);
}

long sys_access(const char *path, int mode)
{
    return sys_faccessat2(AT_FDCWD, path, mode, 0);
}
