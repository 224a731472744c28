/*
 * Extended attributes (xattr(7)). Files of an image have those that it has of user.*, and
 * capabilities (capabilities(7)). None can be set here.
 */
#include "erofs.h"
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"

/* What a call does with the inode that it names. */
struct request {
    long (*act)(struct inode *inode, const struct request *request);
    const char *name;
    char *buffer;
    size_t size;
};

static long of_path(const char *path, unsigned flags, const struct request *request)
{
    struct dentry *found;
    long result = path_lookup(AT_FDCWD, path, flags, &found);

    if (result < 0)
        return result;
    result = request->act(dentry_inode(found), request);
    dentry_put(found);
    return result;
}

static long of_file(int fd, const struct request *request)
{
    struct file *file = fd_file(fd);
    long result = -EBADF;

    if (!file)
        return result;
    if (file->operations) /* none: O_PATH */
        result = request->act(file->inode, request);
    file_put(file);
    return result;
}

/* ---- What is done ---- */

/* Whether there may be one of this name; only user.* asks for rights, and is of files and
 * directories. */
static long check_name(const struct inode *inode, const char *name)
{
    static const char *const prefixes[] = {"user.", "security.", "trusted."};

    for (unsigned i = 0; inode->operations->attribute && i < ARRAY_SIZE(prefixes); i++) {
        const size_t length = strlen(prefixes[i]);

        if (strncmp(name, prefixes[i], length) != 0)
            continue;
        if (name[length] == 0)
            return -EINVAL;
        if (i > 0)
            return 0;
        return S_ISREG(inode->mode) || S_ISDIR(inode->mode) ? permission(inode, MAY_READ)
                                                            : -ENODATA;
    }
    return -EOPNOTSUPP;
}

static long get(struct inode *inode, const struct request *request)
{
    char name[XATTR_NAME_MAX + 1];
    struct erofs_attribute attribute;
    long result = string_from_user(name, request->name, sizeof(name));

    if (result == 0 || result == -ENAMETOOLONG)
        result = -ERANGE;
    if (result > 0)
        result = check_name(inode, name);
    if (result == 0)
        result = inode_attribute(inode, name, &attribute);
    if (result < 0)
        return result;
    if (request->size > 0 && attribute.size > request->size)
        return -ERANGE;
    if (request->size > 0 && copy_to_user(request->buffer, attribute.value, attribute.size) != 0)
        return -EFAULT;
    return (long)attribute.size;
}

/* A name with its prefix and a NUL, behind `at` bytes of the list. */
static int put_name(char *list, size_t at, const struct erofs_attribute *attribute)
{
    const size_t prefix = strlen(attribute->prefix);

    if (copy_to_user(list + at, attribute->prefix, prefix) != 0 ||
        copy_to_user(list + at + prefix, attribute->name, attribute->length) != 0 ||
        zero_user(list + at + prefix + attribute->length, 1) != 0)
        return -EFAULT;
    return 0;
}

static long list(struct inode *inode, const struct request *request)
{
    struct erofs_attribute attribute;
    uint64_t position = 0;
    size_t length = 0;
    int found = 0;

    while (inode->operations->attribute &&
           (found = inode->operations->attribute(inode, &position, &attribute)) > 0) {
        const size_t one = strlen(attribute.prefix) + attribute.length + 1;

        if (request->size > 0 && one > request->size - length)
            return -ERANGE;
        if (request->size > 0 && put_name(request->buffer, length, &attribute) != 0)
            return -EFAULT;
        length += one;
    }
    return found < 0 ? found : (long)length;
}

static long refuse(struct inode *inode, const struct request *request)
{
    (void)inode, (void)request;
    return -EOPNOTSUPP;
}

/* ---- The calls ---- */

long sys_getxattr(const char *path, const char *name, void *value, size_t size)
{
    return of_path(path, PATH_FOLLOW, &(struct request){get, name, value, size});
}

long sys_lgetxattr(const char *path, const char *name, void *value, size_t size)
{
    return of_path(path, 0, &(struct request){get, name, value, size});
}

long sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
    return of_file(fd, &(struct request){get, name, value, size});
}

long sys_listxattr(const char *path, char *names, size_t size)
{
    return of_path(path, PATH_FOLLOW, &(struct request){list, NULL, names, size});
}

long sys_llistxattr(const char *path, char *names, size_t size)
{
    return of_path(path, 0, &(struct request){list, NULL, names, size});
}

long sys_flistxattr(int fd, char *names, size_t size)
{
    return of_file(fd, &(struct request){list, NULL, names, size});
}

long sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_path(path, PATH_FOLLOW, &(struct request){.act = refuse});
}

long sys_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_path(path, 0, &(struct request){.act = refuse});
}

long sys_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_file(fd, &(struct request){.act = refuse});
}

long sys_removexattr(const char *path, const char *name)
{
    (void)name;
    return of_path(path, PATH_FOLLOW, &(struct request){.act = refuse});
}

long sys_lremovexattr(const char *path, const char *name)
{
    (void)name;
    return of_path(path, 0, &(struct request){.act = refuse});
}

long sys_fremovexattr(int fd, const char *name)
{
    (void)name;
    return of_file(fd, &(struct request){.act = refuse});
}
