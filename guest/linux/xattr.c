/* Extended attributes, which no file has: the calls check what they are of, and say so. */
#include "kernel.h"
#include "path.h"
#include "syscalls_files.h"

static long of_path(const char *path, unsigned flags, long result)
{
    struct dentry *found;
    int error = path_lookup(AT_FDCWD, path, flags, &found);

    if (error < 0)
        return error;
    dentry_put(found);
    return result;
}

static long of_file(int fd, long result)
{
    struct file *file = fd_file(fd);

    if (!file)
        return -EBADF;
    if (!file->operations)
        result = -EBADF;
    file_put(file);
    return result;
}

long sys_getxattr(const char *path, const char *name, void *value, size_t size)
{
    (void)name, (void)value, (void)size;
    return of_path(path, PATH_FOLLOW, -EOPNOTSUPP);
}

long sys_lgetxattr(const char *path, const char *name, void *value, size_t size)
{
    (void)name, (void)value, (void)size;
    return of_path(path, 0, -EOPNOTSUPP);
}

long sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
    (void)name, (void)value, (void)size;
    return of_file(fd, -EOPNOTSUPP);
}

long sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_path(path, PATH_FOLLOW, -EOPNOTSUPP);
}

long sys_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_path(path, 0, -EOPNOTSUPP);
}

long sys_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
    (void)name, (void)value, (void)size, (void)flags;
    return of_file(fd, -EOPNOTSUPP);
}

long sys_listxattr(const char *path, char *list, size_t size)
{
    (void)list, (void)size;
    return of_path(path, PATH_FOLLOW, 0);
}

long sys_llistxattr(const char *path, char *list, size_t size)
{
    (void)list, (void)size;
    return of_path(path, 0, 0);
}

long sys_flistxattr(int fd, char *list, size_t size)
{
    (void)list, (void)size;
    return of_file(fd, 0);
}

long sys_removexattr(const char *path, const char *name)
{
    (void)name;
    return of_path(path, PATH_FOLLOW, -EOPNOTSUPP);
}

long sys_lremovexattr(const char *path, const char *name)
{
    (void)name;
    return of_path(path, 0, -EOPNOTSUPP);
}

long sys_fremovexattr(int fd, const char *name)
{
    (void)name;
    return of_file(fd, -EOPNOTSUPP);
}
