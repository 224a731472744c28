/* Where a process is: its root, its working directory, its umask. */
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "permission.h"
#include "syscalls_files.h"

static struct fs *fs_at(struct dentry *root, struct dentry *directory, uint32_t mask)
{
    struct fs *fs = kmalloc(sizeof(*fs));

    if (fs)
        *fs = (struct fs){dentry_get(root), dentry_get(directory), 1, mask};
    return fs;
}

struct fs *fs_new(void)
{
    return fs_at(mounts[0]->root, mounts[0]->root, 022);
}

struct fs *fs_copy(const struct fs *fs)
{
    return fs_at(fs->root, fs->directory, fs->mask);
}

struct fs *fs_get(struct fs *fs)
{
    fs->references++;
    return fs;
}

void fs_put(struct fs *fs)
{
    if (--fs->references > 0)
        return;
    dentry_put(fs->root);
    dentry_put(fs->directory);
    kfree(fs);
}

static void change(struct dentry **place, struct dentry *to)
{
    struct dentry *old = *place;

    *place = to;
    dentry_put(old);
}

static long change_to(struct dentry **place, const char *path)
{
    struct dentry *found;
    int error = path_lookup(AT_FDCWD, path, PATH_FOLLOW | PATH_DIRECTORY, &found);

    if (error < 0)
        return error;
    error = permission(found->inode, MAY_EXECUTE);
    if (error == 0)
        change(place, found);
    else
        dentry_put(found);
    return error;
}

int fs_chdir(const char *path)
{
    struct path found;
    int error = path_find_kernel(path, PATH_FOLLOW | PATH_DIRECTORY, &found);

    if (error < 0)
        return error;
    change(&current_fs()->directory, dentry_get(found.found));
    path_put(&found);
    return 0;
}

long sys_chdir(const char *path)
{
    return change_to(&current_fs()->directory, path);
}

long sys_chroot(const char *path)
{
    return !is_capable(CAP_SYS_CHROOT) ? -EPERM : change_to(&current_fs()->root, path);
}

long sys_fchdir(int fd)
{
    struct file *file = fd_file(fd);
    int error = 0;

    if (!file)
        return -EBADF;
    if (S_ISDIR(file->inode->mode))
        error = permission(file->inode, MAY_EXECUTE);
    else
        error = -ENOTDIR;
    if (error == 0)
        change(&current_fs()->directory, dentry_get(file->dentry));
    file_put(file);
    return error;
}

long sys_getcwd(char *buffer, size_t size)
{
    const struct fs *fs = current_fs();
    char *path;
    long length;

    if (fs->directory->deleted)
        return -ENOENT;
    path = kmalloc(PATH_MAX);
    if (!path)
        return -ENOMEM;
    length = dentry_path_from(fs->root, fs->directory, path, PATH_MAX - 1);
    if (length >= 0) {
        path[length++] = '\0';
        if ((size_t)length > size)
            length = -ERANGE;
        else if (copy_to_user(buffer, path, (size_t)length) < 0)
            length = -EFAULT;
    }
    kfree(path);
    return length;
}

long sys_umask(uint32_t mask)
{
    const uint32_t old = current_fs()->mask;

    current_fs()->mask = mask & 0777;
    return old;
}
