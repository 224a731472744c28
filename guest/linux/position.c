/* What is done with an open file besides reading and writing it. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "syscalls_files.h"
#include "tmpfs.h"

#include <asm/ioctls.h>
#include <linux/falloc.h>
#include <linux/fs.h>

/* Modes of fallocate(2) that Linux knows of some file system. */
enum {
    KNOWN_MODES = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
                  FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE
};

/* The base of a relative position. */
static int64_t seek_from(const struct file *file, int64_t offset, unsigned whence)
{
    const int64_t size = (int64_t)file->inode->size;

    switch (whence) {
    case SEEK_SET:
        return offset;
    case SEEK_CUR:
        return (int64_t)((uint64_t)offset + file->position);
    case SEEK_END:
        return (int64_t)((uint64_t)offset + (uint64_t)size);
    case SEEK_DATA:
    case SEEK_HOLE:
        break;
    default:
        return -EINVAL;
    }
    if (offset < 0 || offset >= size)
        return -ENXIO;
    if (file->operations != &tmpfs_file) /* it is all data */
        return whence == SEEK_DATA ? offset : size;
    offset = (int64_t)tmpfs_seek(file->inode, (uint64_t)offset, whence == SEEK_HOLE);
    return whence == SEEK_DATA && offset == size ? -ENXIO : offset;
}

static long seek(struct file *file, int64_t offset, unsigned whence)
{
    int64_t position;

    if (!file->operations)
        return -EBADF;
    if (!file->operations->seekable)
        return -ESPIPE;
    position = seek_from(file, offset, whence);
    if (position >= 0)
        file->position = (uint64_t)position;
    else if (whence < SEEK_DATA)
        position = -EINVAL;
    return position;
}

long sys_lseek(int fd, int64_t offset, unsigned whence)
{
    struct file *file = fd_file(fd);
    long position;

    if (!file)
        return -EBADF;
    position = seek(file, offset, whence);
    file_put(file);
    return position;
}

static long set_flag(struct file *file, unsigned flag, const int *user)
{
    int on;

    if (copy_from_user(&on, user, sizeof(on)) < 0)
        return -EFAULT;
    file->flags = on ? file->flags | flag : file->flags & ~flag;
    return 0;
}

static long control(struct file *file, unsigned command, unsigned long argument)
{
    int left;

    switch (command) {
    case FIONBIO:
        return set_flag(file, O_NONBLOCK, (const int *)argument);
    case FIOASYNC:
        return set_flag(file, FASYNC, (const int *)argument);
    case FIONREAD:
        if (!S_ISREG(file->inode->mode) || file->operations->ioctl)
            break;
        left = (int)(file->inode->size - file->position);
        return copy_to_user((void *)argument, &left, sizeof(left));
    default:
        break;
    }
    return file->operations->ioctl ? file->operations->ioctl(file, command, argument) : -ENOTTY;
}

long sys_ioctl(int fd, unsigned command, unsigned long argument)
{
    struct file *file = fd_file(fd);
    long result;

    if (!file)
        return -EBADF;
    if (command == FIOCLEX || command == FIONCLEX)
        result = sys_fcntl(fd, F_SETFD, command == FIOCLEX ? FD_CLOEXEC : 0);
    else
        result = file->operations ? control(file, command, argument) : -EBADF;
    file_put(file);
    return result;
}

/* There is no disk, so that all is as safe as it gets. */
long sys_fsync(int fd)
{
    struct file *file = fd_file(fd);
    long result = -EBADF;

    if (!file)
        return -EBADF;
    if (file->operations)
        result = S_ISREG(file->inode->mode) || S_ISDIR(file->inode->mode) ? 0 : -EINVAL;
    file_put(file);
    return result;
}

long sys_fdatasync(int fd)
{
    return sys_fsync(fd);
}

long sys_sync(void)
{
    return 0;
}

long sys_syncfs(int fd)
{
    struct file *file = fd_file(fd);

    if (!file)
        return -EBADF;
    file_put(file);
    return 0;
}

long sys_fadvise64(int fd, int64_t offset, size_t size, int advice)
{
    struct file *file = fd_file(fd);
    long result = 0;

    (void)offset;
    if (!file)
        return -EBADF;
    if (!file->operations)
        result = -EBADF;
    else if (S_ISFIFO(file->inode->mode))
        result = -ESPIPE;
    else if ((int64_t)size < 0 || advice < 0 || advice > 5)
        result = -EINVAL;
    file_put(file);
    return result;
}

long sys_readahead(int fd, int64_t offset, size_t size)
{
    struct file *file = fd_file(fd);
    long result = 0;

    (void)offset, (void)size;
    if (!file)
        return -EBADF;
    if (!file_readable(file))
        result = -EBADF;
    else if (!S_ISREG(file->inode->mode))
        result = -EINVAL;
    file_put(file);
    return result;
}

static int allocate(struct file *file, int mode, uint64_t from, uint64_t size)
{
    struct inode *inode = file->inode;
    int error;

    if (!file_writable(file))
        return -EBADF;
    if (S_ISFIFO(inode->mode))
        return -ESPIPE;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode) || file->operations != &tmpfs_file)
        return -ENODEV;
    if (size > INT64_MAX - from)
        return -EFBIG;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
        return -EOPNOTSUPP;
    if (mode & FALLOC_FL_PUNCH_HOLE)
        return tmpfs_punch(inode, from, from + size);
    if (!(mode & FALLOC_FL_KEEP_SIZE) && from + size > inode->size &&
        from + size > current_size_limit())
        return current_size_exceeded();
    if (!(mode & FALLOC_FL_KEEP_SIZE) && from + size > inode->size &&
        tmpfs_of(inode)->seals & F_SEAL_GROW)
        return -EPERM;
    error = tmpfs_allocate(inode, from / PAGE_SIZE, (from + size - 1) / PAGE_SIZE);
    if (error == 0 && !(mode & FALLOC_FL_KEEP_SIZE) && from + size > inode->size)
        inode->size = from + size;
    if (error == 0) {
        inode_touch(inode, true);
        notify_dentry(file->dentry, IN_MODIFY);
    }
    return error;
}

long sys_fallocate(int fd, int mode, int64_t offset, int64_t size)
{
    struct file *file = fd_file(fd);
    int error;

    if (!file)
        return -EBADF;
    if (!file->operations)
        error = -EBADF;
    else if (offset < 0 || size <= 0)
        error = -EINVAL;
    else if (mode & ~KNOWN_MODES || mode == FALLOC_FL_PUNCH_HOLE)
        error = -EOPNOTSUPP;
    else
        error = allocate(file, mode, (uint64_t)offset, (uint64_t)size);
    file_put(file);
    return error;
}
