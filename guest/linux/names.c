/* Making names and taking them away. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"
#include "tmpfs.h"

/* Whether a new name may be there; `directory` if it may end with a slash. Puts the path if not. */
static int check_new(bool directory, struct path *path)
{
    int error = 0;

    if (path->last != LAST_NAME || path->found)
        error = -EEXIST;
    else if (path->parent->deleted)
        error = -ENOENT;
    else if (path->length > NAME_LENGTH_MAX)
        error = -ENAMETOOLONG;
    else if (path->slash && !directory)
        error = -ENOENT;
    else if (path->parent->super->read_only)
        error = -EROFS;
    else
        error = may_add(path->parent->inode);
    if (error < 0)
        path_put(path);
    return error;
}

/* Where a new name is to be. Nothing to put on failure. */
static int find_new(int at, const char *name, bool directory, struct path *path)
{
    int error = path_find(at, name, PATH_NAME | PATH_MAKE, path);

    return error < 0 ? error : check_new(directory, path);
}

/* Gives an inode, whose reference goes here, the name. */
static int add(struct path *path, struct inode *inode)
{
    int error = -ENOMEM;

    if (inode)
        error = tmpfs_add(path->parent, path->name, path->length, inode, NULL);
    path_put(path);
    return error;
}

int name_socket(const char *name, struct inode **inode)
{
    struct path path;
    int error = path_find_kernel(name, PATH_NAME | PATH_MAKE, &path);

    if (error == 0)
        error = check_new(false, &path);
    if (error < 0)
        return error;
    *inode = make_inode(path.parent, S_IFSOCK | 0777);
    if (*inode)
        inode_get(*inode);
    error = add(&path, *inode);
    if (error < 0 && *inode)
        inode_put(*inode);
    return error;
}

long sys_mkdirat(int directory, const char *name, uint32_t mode)
{
    struct path path;
    int error = find_new(directory, name, true, &path);

    return error < 0 ? error : add(&path, make_inode(path.parent, S_IFDIR | (mode & 01777)));
}

long sys_mknodat(int directory, const char *name, uint32_t mode, unsigned device)
{
    const uint32_t type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
    struct inode *inode;
    struct path path;
    int error;

    if (S_ISDIR(mode))
        return -EPERM;
    if (type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO &&
        type != S_IFSOCK)
        return -EINVAL;
    error = find_new(directory, name, false, &path);
    if (error < 0)
        return error;
    if ((type == S_IFCHR || type == S_IFBLK) && !is_capable(CAP_MKNOD)) {
        path_put(&path);
        return -EPERM;
    }
    inode = make_inode(path.parent, type | (mode & 07777));
    if (inode && (type == S_IFCHR || type == S_IFBLK))
        inode->rdev = device;
    return add(&path, inode);
}

long sys_symlinkat(const char *target, int directory, const char *name)
{
    struct path path;
    char *text = kmalloc(PATH_MAX);
    long length;
    int error;

    if (!text)
        return -ENOMEM;
    length = string_from_user(text, target, PATH_MAX);
    error = length < 0 ? (int)length : length == 0 ? -ENOENT : 0;
    if (error == 0)
        error = find_new(directory, name, false, &path);
    if (error == 0)
        error = add(&path, tmpfs_link_inode(path.parent->super, text, (size_t)length));
    kfree(text);
    return error;
}

static int link_inode(struct dentry *from, struct path *to)
{
    struct inode *inode = from->inode;
    int error = 0;

    if (from->super != to->parent->super)
        error = -EXDEV;
    else if (S_ISDIR(inode->mode))
        error = -EPERM;
    else if (inode->links == 0 && !inode->unnamed)
        error = -ENOENT;
    if (error < 0) {
        path_put(to);
        return error;
    }
    notify_inode(inode, IN_ATTRIB); /* before those who hear of the name */
    error = add(to, inode_get(inode));
    if (error == 0) {
        inode->links++;
        inode_touch(inode, false);
    }
    return error;
}

long sys_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    struct dentry *found;
    struct path path;
    int error;

    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    error = path_lookup(from_directory, from,
                        (flags & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0) |
                            (flags & AT_EMPTY_PATH ? PATH_EMPTY : 0),
                        &found);
    if (error < 0)
        return error;
    error = find_new(to_directory, to, false, &path);
    if (error == 0)
        error = link_inode(found, &path);
    dentry_put(found);
    return error;
}

static bool is_mount(const struct dentry *dentry)
{
    return dentry == dentry->super->root;
}

static int may_unlink(const struct path *path)
{
    int error;

    if (path->last != LAST_NAME)
        return -EISDIR;
    if (path->parent->super->read_only)
        return -EROFS;
    error = may_remove(path->parent->inode, path->found->inode);
    if (error < 0)
        return error;
    if (S_ISDIR(path->found->inode->mode))
        return -EISDIR;
    return path->slash ? -ENOTDIR : 0;
}

static int may_rmdir(const struct path *path)
{
    static const int errors[] = {
        [LAST_ROOT] = -EBUSY, [LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY};
    int empty, error;

    if (path->last != LAST_NAME)
        return errors[path->last];
    if (path->parent->super->read_only)
        return -EROFS;
    error = may_remove(path->parent->inode, path->found->inode);
    if (error < 0)
        return error;
    if (!S_ISDIR(path->found->inode->mode))
        return -ENOTDIR;
    if (is_mount(path->found))
        return -EBUSY;
    empty = tmpfs_is_empty(path->found);
    return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

long sys_unlinkat(int directory, const char *name, int flags)
{
    struct path path;
    int error;

    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    error = path_find(directory, name, PATH_NAME, &path);
    if (error < 0)
        return error;
    error = flags & AT_REMOVEDIR ? may_rmdir(&path) : may_unlink(&path);
    if (error == 0)
        error = tmpfs_remove(path.found);
    path_put(&path);
    return error;
}

long sys_mkdir(const char *path, uint32_t mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknod(const char *path, uint32_t mode, unsigned device)
{
    return sys_mknodat(AT_FDCWD, path, mode, device);
}

long sys_symlink(const char *target, const char *path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_link(const char *from, const char *to)
{
    return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

long sys_rmdir(const char *path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_unlink(const char *path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}
