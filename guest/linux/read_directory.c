/* Reading directories and symbolic links. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "path.h"
#include "syscalls_files.h"

struct dirent64 {
    uint64_t number;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
} __attribute__((packed));

/* As getdents(2) first was: the type is the last byte of a record. */
struct dirent_old {
    uint64_t number, next;
    uint16_t length;
    char name[];
} __attribute__((packed));

struct dirents {
    struct directory_sink sink;
    uint8_t *user;
    size_t left, done;
    bool old;
    int error;
};

static void fill(bool old, uint8_t *record, uint16_t length, const char *name, size_t name_length,
                 uint64_t position, uint64_t number, unsigned type)
{
    if (old) {
        struct dirent_old *dirent = (struct dirent_old *)record;

        *dirent = (struct dirent_old){.number = number, .next = position, .length = length};
        memcpy(dirent->name, name, name_length);
        record[length - 1] = (uint8_t)type;
    } else {
        struct dirent64 *dirent = (struct dirent64 *)record;

        *dirent = (struct dirent64){number, (int64_t)position, length, (uint8_t)type};
        memcpy(dirent->name, name, name_length);
    }
}

static bool emit(struct directory_sink *sink, const char *name, size_t name_length,
                 uint64_t position, uint64_t number, unsigned type)
{
    struct dirents *to = (struct dirents *)sink;
    uint8_t record[sizeof(struct dirent64) + NAME_LENGTH_MAX + 9] = {0};
    const size_t fixed = to->old ? sizeof(struct dirent_old) + 1 : sizeof(struct dirent64);
    const size_t length = (fixed + name_length + 1 + 7) & ~7ul;

    if (length > to->left) {
        to->error = -EINVAL; /* which only counts if it is the first one */
        return false;
    }
    fill(to->old, record, (uint16_t)length, name, name_length, position, number, type);
    if (copy_to_user(to->user + to->done, record, length) < 0) {
        to->error = -EFAULT;
        return false;
    }
    to->done += length;
    to->left -= length;
    return true;
}

static long getdents(int fd, void *buffer, unsigned size, bool old)
{
    struct dirents to = {.sink.emit = emit, .user = buffer, .left = size, .old = old};
    struct file *file = fd_file(fd);
    int error;

    if (!file)
        return -EBADF;
    if (!file->operations)
        error = -EBADF;
    else if (!file->inode->operations->iterate)
        error = -ENOTDIR;
    else if (file->dentry->deleted)
        error = -ENOENT;
    else
        error = file->inode->operations->iterate(file, &to.sink);
    if (file->operations)
        notify_dentry(file->dentry, IN_ACCESS);
    file_put(file);
    if (to.done > 0)
        return (long)to.done;
    return error < 0 ? error : to.error;
}

long sys_getdents64(int fd, void *buffer, unsigned size)
{
    return getdents(fd, buffer, size, false);
}

long sys_getdents(int fd, void *buffer, unsigned size)
{
    return getdents(fd, buffer, size, true);
}

static long read_link(struct inode *inode, char *buffer, int size)
{
    char *text;
    long length;

    if (!inode->operations->readlink)
        return -EINVAL;
    text = kmalloc(PATH_MAX);
    if (!text)
        return -ENOMEM;
    length = inode->operations->readlink(inode, text, PATH_MAX);
    length = length < size ? length : size;
    if (length > 0 && copy_to_user(buffer, text, (size_t)length) < 0)
        length = -EFAULT;
    kfree(text);
    return length;
}

long sys_readlinkat(int directory, const char *path, char *buffer, int size)
{
    struct dentry *found;
    char first[1];
    long length;
    int error;

    if (size <= 0)
        return -EINVAL;
    error = path_lookup(directory, path, PATH_EMPTY, &found);
    if (error < 0)
        return error;
    length = read_link(found->inode, buffer, size);
    dentry_put(found);
    if (length == -EINVAL && string_from_user(first, path, sizeof(first)) == 0)
        length = -ENOENT; /* for an open file that is no link */
    return length;
}

long sys_readlink(const char *path, char *buffer, int size)
{
    return sys_readlinkat(AT_FDCWD, path, buffer, size);
}
