/* Reading and writing open files. */
#include "kernel.h"
#include "memory.h"
#include "syscalls_files.h"
#include "vfs.h"

#include <linux/fs.h>

enum { VECTOR_MAX = 1024, VECTOR_ON_STACK = 8 };

enum direction { READ, WRITE };

static long transfer(struct file *file, enum direction direction, struct iter *iter,
                     uint64_t *position)
{
    const struct file_operations *operations = file->operations;

    if (!(direction == READ ? file_readable(file) : file_writable(file)))
        return -EBADF;
    if (direction == READ && operations->read)
        return operations->read(file, iter, position);
    if (direction == WRITE && operations->write)
        return operations->write(file, iter, position);
    return S_ISDIR(file->inode->mode) ? -EISDIR : -EINVAL;
}

/* At a position, or at the file's own and past what was done if that is NULL. */
static long transfer_at(int fd, enum direction direction, struct iter *iter,
                        const int64_t *position)
{
    struct file *file;
    uint64_t at;
    long done;

    if (position && *position < 0)
        return -EINVAL;
    file = fd_file(fd);
    if (!file)
        return -EBADF;
    at = position ? (uint64_t)*position : file->position;
    iter->left = iter->left < COUNT_MAX ? iter->left : COUNT_MAX;
    if (position && !(file->operations && file->operations->seekable))
        done = file->operations ? -ESPIPE : -EBADF;
    else
        done = transfer(file, direction, iter, &at);
    if (!position && done > 0)
        file->position = at;
    file_put(file);
    return done;
}

static long transfer_buffer(int fd, enum direction direction, void *buffer, size_t size,
                            const int64_t *position)
{
    struct iovec one;
    struct iter iter = iter_of_user(&one, buffer, size);

    return transfer_at(fd, direction, &iter, position);
}

long sys_read(int fd, void *buffer, size_t size)
{
    return transfer_buffer(fd, READ, buffer, size, NULL);
}

long sys_write(int fd, const void *buffer, size_t size)
{
    return transfer_buffer(fd, WRITE, (void *)buffer, size, NULL);
}

long sys_pread64(int fd, void *buffer, size_t size, int64_t position)
{
    return transfer_buffer(fd, READ, buffer, size, &position);
}

long sys_pwrite64(int fd, const void *buffer, size_t size, int64_t position)
{
    return transfer_buffer(fd, WRITE, (void *)buffer, size, &position);
}

/* Copies a vector, and adds up what it holds. */
static int take_vector(struct iovec *vector, const void *user, unsigned long count, size_t *total)
{
    *total = 0;
    if (copy_from_user(vector, user, count * sizeof(*vector)) < 0)
        return -EFAULT;
    for (unsigned long i = 0; i < count; i++) {
        if (vector[i].iov_len > (size_t)INT64_MAX - *total)
            return -EINVAL;
        *total += vector[i].iov_len;
    }
    return 0;
}

static long transfer_vector(int fd, enum direction direction, const void *user, unsigned long count,
                            const int64_t *position)
{
    struct iovec on_stack[VECTOR_ON_STACK], *vector = on_stack;
    size_t total;
    long done;

    if (count > VECTOR_MAX)
        return -EINVAL;
    if (count > VECTOR_ON_STACK)
        vector = kmalloc(count * sizeof(*vector));
    if (!vector)
        return -ENOMEM;
    done = take_vector(vector, user, count, &total);
    if (done == 0) {
        struct iter iter = {.vector = vector, .left = total};

        done = transfer_at(fd, direction, &iter, position);
    }
    if (vector != on_stack)
        kfree(vector);
    return done;
}

long sys_readv(int fd, const void *vector, unsigned long count)
{
    return transfer_vector(fd, READ, vector, count, NULL);
}

long sys_writev(int fd, const void *vector, unsigned long count)
{
    return transfer_vector(fd, WRITE, vector, count, NULL);
}

/* On 64 bits all of the position is in its low part. */
long sys_preadv(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high)
{
    const int64_t position = (int64_t)low;

    (void)high;
    return transfer_vector(fd, READ, vector, count, &position);
}

long sys_pwritev(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high)
{
    const int64_t position = (int64_t)low;

    (void)high;
    return transfer_vector(fd, WRITE, vector, count, &position);
}

/* The flags that change nothing here, where no file waits for a disk. */
static bool flags_known(int flags)
{
    return (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC)) == 0;
}

long sys_preadv2(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high,
                 int flags)
{
    if (!flags_known(flags & ~RWF_NOWAIT))
        return -EOPNOTSUPP;
    return (int64_t)low == -1 ? sys_readv(fd, vector, count)
                              : sys_preadv(fd, vector, count, low, high);
}

long sys_pwritev2(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high,
                  int flags)
{
    if (!flags_known(flags))
        return -EOPNOTSUPP;
    return (int64_t)low == -1 ? sys_writev(fd, vector, count)
                              : sys_pwritev(fd, vector, count, low, high);
}
