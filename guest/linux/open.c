/* Opening files by name, and making them. */
#include "dentry.h"
#include "kernel.h"
#include "notify.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"
#include "tmpfs.h"

/* __O_TMPFILE, by which an unnamed file is asked for, comes with O_DIRECTORY so that old kernels
 * fail. */
enum { UNNAMED = O_TMPFILE & ~O_DIRECTORY };

struct inode *make_inode(const struct dentry *directory, uint32_t mode)
{
    const struct inode *parent = directory->inode;
    struct inode *inode = tmpfs_inode(directory->super, mode & ~current_fs()->mask);

    if (inode && parent->mode & S_ISGID) {
        inode->gid = parent->gid;
        if (S_ISDIR(mode))
            inode->mode |= S_ISGID;
    }
    return inode;
}

/* The name is not there yet. */
static int create(struct path *path, uint32_t mode)
{
    struct inode *inode;

    int error = may_add(path->parent->inode);

    if (path->parent->super->read_only)
        return -EROFS;
    if (error < 0)
        return error;
    inode = make_inode(path->parent, S_IFREG | (mode & 07777));
    if (!inode)
        return -ENOMEM;
    return tmpfs_add(path->parent, path->name, path->length, inode, &path->found);
}

static unsigned wanted_of(unsigned flags)
{
    static const unsigned modes[] = {
        [O_RDONLY] = MAY_READ, [O_WRONLY] = MAY_WRITE, [O_RDWR] = MAY_READ | MAY_WRITE};
    const unsigned access = flags & O_ACCMODE;

    /* both bits of O_ACCMODE mean neither, but demand both rights (open(2), "File access mode") */
    return modes[access < ARRAY_SIZE(modes) ? access : O_RDWR] | (flags & O_TRUNC ? MAY_WRITE : 0u);
}

/* Whether what was found may be opened so. */
static int may_open(const struct path *path, unsigned flags)
{
    const struct inode *inode = path->found->inode;
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;

    if (flags & O_DIRECTORY && !S_ISDIR(inode->mode))
        return -ENOTDIR;
    if (flags & O_PATH)
        return 0;
    if (S_ISLNK(inode->mode))
        return -ELOOP;
    if (S_ISDIR(inode->mode) && (writes || flags & O_CREAT))
        return -EISDIR;
    if (S_ISREG(inode->mode) && writes && !takes_writes(inode))
        return -EROFS;
    if (permission(inode, wanted_of(flags)) < 0)
        return -EACCES;
    return flags & O_NOATIME && !is_owner(inode) ? -EPERM : 0;
}

static int truncate_open(struct dentry *dentry)
{
    int error = tmpfs_truncate(dentry->inode, 0);

    if (error == 0)
        notify_dentry(dentry, IN_MODIFY);
    return error;
}

static int open_path(struct path *path, unsigned flags, uint32_t mode, struct file **file)
{
    int error = 0;

    if (path->found && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (path->found) {
        error = may_open(path, flags);
    } else { /* whatever its mode, who makes a file has it open */
        error = create(path, mode);
        flags &= ~(unsigned)O_TRUNC;
    }
    if (error == 0)
        error = file_new(path->found, flags, file);
    if (error == 0 && flags & O_TRUNC && S_ISREG(path->found->inode->mode))
        error = truncate_open(path->found);
    return error;
}

/* A file in a directory that has no name for it. */
static int open_unnamed(const struct path *path, unsigned flags, uint32_t mode, struct file **file)
{
    static const char name[] = "#unnamed";
    struct inode *inode;
    struct dentry *dentry;
    int error;

    if (path->found->super->read_only)
        return -EROFS;
    error = may_add(path->found->inode);
    if (error < 0)
        return error;
    inode = make_inode(path->found, S_IFREG | (mode & 07777));
    if (!inode)
        return -ENOMEM;
    inode->links = 0;
    inode->unnamed = !(flags & O_EXCL);
    dentry = dentry_new(path->found, path->found->super, name, sizeof(name) - 1, inode);
    if (!dentry)
        return -ENOMEM;
    dentry->deleted = true;
    error = file_new(dentry, flags, file);
    dentry_put(dentry);
    return error;
}

static int check_flags(unsigned *flags)
{
    if (*flags & O_PATH) {
        *flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
        return 0;
    }
    if (*flags & UNNAMED) {
        if (!(*flags & O_DIRECTORY) || (*flags & O_ACCMODE) == O_RDONLY || *flags & O_CREAT)
            return -EINVAL;
    } else if (*flags & O_CREAT && *flags & O_DIRECTORY) {
        return -EINVAL;
    }
    return 0;
}

static unsigned path_flags_of(unsigned flags)
{
    unsigned result = PATH_FOLLOW;

    if (flags & O_NOFOLLOW || (flags & O_CREAT && flags & O_EXCL))
        result = 0;
    if (flags & O_CREAT)
        result |= PATH_MAKE;
    return result;
}

long sys_openat(int directory, const char *name, int user_flags, uint32_t mode)
{
    unsigned flags = (unsigned)user_flags;
    struct file *file;
    struct path path;
    int result = check_flags(&flags);

    if (result == 0)
        result = path_find(directory, name, path_flags_of(flags), &path);
    if (result < 0)
        return result;
    if (!(flags & UNNAMED))
        result = open_path(&path, flags, mode, &file);
    else if (!S_ISDIR(path.found->inode->mode))
        result = -ENOTDIR;
    else
        result = open_unnamed(&path, flags, mode, &file);
    path_put(&path);
    if (result < 0)
        return result;
    result = fd_install(file, 0, flags & O_CLOEXEC);
    if (result < 0)
        file_put(file);
    return result;
}

long sys_open(const char *path, int flags, uint32_t mode)
{
    return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(const char *path, uint32_t mode)
{
    return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
