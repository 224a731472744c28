/* Renaming. */
#include "kernel.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"
#include "tmpfs.h"

#include <linux/fs.h>

/* What the last names of both paths may be. */
static int check_names(const struct path *from, const struct path *to, unsigned flags)
{
    if (from->parent->super != to->parent->super)
        return -EXDEV;
    if (from->last != LAST_NAME)
        return -EBUSY;
    if (to->last != LAST_NAME)
        return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    if (from->parent->super->read_only)
        return -EROFS;
    if (from->length > NAME_LENGTH_MAX && !from->parent->deleted)
        return -ENAMETOOLONG;
    if (!from->found)
        return -ENOENT;
    if (to->length > NAME_LENGTH_MAX && !to->parent->deleted)
        return -ENAMETOOLONG;
    if (flags & RENAME_NOREPLACE && to->found)
        return -EEXIST;
    if (flags & RENAME_EXCHANGE && !to->found)
        return -ENOENT;
    return 0;
}

static bool is_directory(const struct dentry *dentry)
{
    return S_ISDIR(dentry->inode->mode);
}

/* Slashes behind names of what is no directory, and directories that would come into themselves. */
static int check_places(const struct path *from, const struct path *to, unsigned flags)
{
    const bool exchange = flags & RENAME_EXCHANGE;

    if (exchange && !is_directory(to->found) && to->slash)
        return -ENOTDIR;
    if (!is_directory(from->found) && (from->slash || (!exchange && to->slash)))
        return -ENOTDIR;
    if (dentry_is_above(from->found, to->parent))
        return -EINVAL;
    if (to->found && dentry_is_above(to->found, from->parent))
        return exchange ? -EINVAL : -ENOTEMPTY;
    return 0;
}

/* What is replaced has to be of the same kind. */
static int check_kinds(const struct dentry *from, struct dentry *over)
{
    int empty;

    if (is_directory(from) != is_directory(over))
        return is_directory(from) ? -ENOTDIR : -EISDIR;
    if (!is_directory(over))
        return 0;
    empty = over->super == from->super ? tmpfs_is_empty(over) : 1;
    return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

static bool is_mount(const struct dentry *dentry)
{
    return dentry == dentry->super->root;
}

/* A directory that is moved gets another "..". */
static int check_permissions(const struct path *from, const struct path *to)
{
    const struct inode *source = from->found->inode, *directory = to->parent->inode;
    int error = may_remove(from->parent->inode, source);

    if (error == 0)
        error = to->found ? may_remove(directory, to->found->inode) : may_add(directory);
    if (error == 0 && S_ISDIR(source->mode) && directory != from->parent->inode)
        error = permission(source, MAY_WRITE);
    return error;
}

static int rename_paths(const struct path *from, const struct path *to, unsigned flags)
{
    int error = check_names(from, to, flags);

    if (error == 0)
        error = check_places(from, to, flags);
    if (error < 0)
        return error;
    if (to->found && to->found->inode == from->found->inode)
        return 0; /* two names of one file, or one name: nothing to do */
    error = check_permissions(from, to);
    if (error == 0 && to->found && !(flags & RENAME_EXCHANGE))
        error = check_kinds(from->found, to->found);
    if (error == 0 && (is_mount(from->found) || (to->found && is_mount(to->found))))
        error = -EBUSY;
    if (error < 0)
        return error;
    if (flags & RENAME_EXCHANGE)
        return tmpfs_exchange(from->found, to->found);
    return tmpfs_rename(from->found, to->parent, to->name, to->length, to->found);
}

long sys_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                   unsigned flags)
{
    struct path source, target;
    int error;

    if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    /* The source may be missing for now, since other errors come first. */
    error = path_find(from_directory, from, PATH_NAME | PATH_MAKE, &source);
    if (error < 0)
        return error;
    error = path_find(to_directory, to, PATH_NAME | PATH_MAKE, &target);
    if (error == 0) {
        error = rename_paths(&source, &target, flags);
        path_put(&target);
    }
    path_put(&source);
    return error;
}

long sys_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return sys_renameat2(from_directory, from, to_directory, to, 0);
}

long sys_rename(const char *from, const char *to)
{
    return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
