/* Bytes from one open file to another. */
#include "kernel.h"
#include "memory.h"
#include "pipe.h"
#include "process.h"
#include "signal.h"
#include "syscalls_files.h"
#include "vfs.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_FLAGS      15u

/* What was read but could not be written is read again: positions are those of what is written. */
static long copy_page(struct file *from, uint64_t *from_position, struct file *to,
                      uint64_t *to_position, size_t size, void *page)
{
    struct iovec one;
    struct iter iter = iter_of_kernel(&one, page, size < PAGE_SIZE ? size : PAGE_SIZE);
    uint64_t position = *from_position;
    long done = from->operations->read(from, &iter, &position);

    if (done <= 0)
        return done;
    iter = iter_of_kernel(&one, page, (size_t)done);
    done = to->operations->write(to, &iter, to_position);
    if (done > 0)
        *from_position += (uint64_t)done;
    return done;
}

static long copy(struct file *from, uint64_t *from_position, struct file *to, uint64_t *to_position,
                 size_t size)
{
    void *page = page_alloc();
    size_t done = 0;
    long part = 1;

    if (!page)
        return -ENOMEM;
    size = size < COUNT_MAX ? size : COUNT_MAX;
    while (part > 0 && done < size) {
        part = copy_page(from, from_position, to, to_position, size - done, page);
        if (part > 0)
            done += (size_t)part;
    }
    page_release(page);
    return done > 0 || part > 0 ? (long)done : part;
}

/* Both files of a call, or neither. */
static int get_both(int from, int to, struct file *files[2])
{
    files[0] = fd_file(from);
    files[1] = fd_file(to);
    if (files[0] && files[1] && files[0]->operations && files[1]->operations)
        return 0;
    for (int i = 0; i < 2; i++) {
        if (files[i])
            file_put(files[i]);
    }
    return -EBADF;
}

static void put_both(struct file *files[2])
{
    file_put(files[0]);
    file_put(files[1]);
}

/* A position is the program's, if it has one there, or else the file's. */
static int get_position(const struct file *file, const int64_t *user, uint64_t *position)
{
    int64_t value = (int64_t)file->position;

    if (user && copy_from_user(&value, user, sizeof(value)) < 0)
        return -EFAULT;
    *position = (uint64_t)value;
    return value < 0 ? -EINVAL : 0;
}

static int set_position(struct file *file, int64_t *user, uint64_t position)
{
    if (user)
        return copy_to_user(user, &position, sizeof(position));
    file->position = position;
    return 0;
}

static long send(struct file *files[2], int64_t *user, size_t size)
{
    uint64_t position;
    long done = get_position(files[0], user, &position);

    if (done < 0)
        return done;
    if (!file_readable(files[0]) || !file_writable(files[1]))
        return -EBADF;
    if (!files[0]->operations->read || !files[0]->operations->seekable ||
        !files[1]->operations->write || files[1]->flags & O_APPEND)
        return -EINVAL;
    done = copy(files[0], &position, files[1], &files[1]->position, size);
    if (done >= 0 && set_position(files[0], user, position) < 0)
        return -EFAULT;
    return done;
}

long sys_sendfile(int to, int from, int64_t *position, size_t size)
{
    struct file *files[2];
    long done = get_both(from, to, files);

    if (done == 0) {
        done = send(files, position, size);
        put_both(files);
    }
    return done;
}

/* The size becomes what the source has. */
static int may_copy(struct file *files[2], uint64_t from, uint64_t to, size_t *size)
{
    const struct inode *source = files[0]->inode, *target = files[1]->inode;

    if (S_ISDIR(source->mode) || S_ISDIR(target->mode))
        return -EISDIR;
    if (!S_ISREG(source->mode) || !S_ISREG(target->mode))
        return -EINVAL;
    if (!file_readable(files[0]) || !file_writable(files[1]) || files[1]->flags & O_APPEND)
        return -EBADF;
    if (*size > INT64_MAX - from || *size > INT64_MAX - to)
        return -EOVERFLOW;
    if (from >= source->size)
        *size = 0;
    else if (*size > source->size - from)
        *size = source->size - from;
    if (source == target && from < to + *size && to < from + *size)
        return -EINVAL;
    return files[0]->operations->read && files[1]->operations->write ? 0 : -EINVAL;
}

static long copy_range(struct file *files[2], int64_t *from_user, int64_t *to_user, size_t size)
{
    uint64_t from, to;
    long done = get_position(files[0], from_user, &from);

    if (done == 0)
        done = get_position(files[1], to_user, &to);
    if (done == 0)
        done = may_copy(files, from, to, &size);
    if (done < 0)
        return done;
    done = copy(files[0], &from, files[1], &to, size);
    if (done >= 0 &&
        (set_position(files[0], from_user, from) < 0 || set_position(files[1], to_user, to) < 0))
        return -EFAULT;
    return done;
}

long sys_copy_file_range(int from, int64_t *from_position, int to, int64_t *to_position,
                         size_t size, unsigned flags)
{
    struct file *files[2];
    long done = get_both(from, to, files);

    if (done == 0) {
        done = flags ? -EINVAL : copy_range(files, from_position, to_position, size);
        put_both(files);
    }
    return done;
}

/* ---- splice(2): to a pipe, from one, or both ---- */

static long wait_for_room(struct pipe *pipe, bool may_wait)
{
    long room = pipe_wait_for_room(pipe, may_wait);

    if (room == -EPIPE)
        signal_send(current_process(), SIGPIPE);
    return room;
}

static long splice_to_pipe(struct file *from, uint64_t *position, struct pipe *pipe, size_t size,
                           bool may_wait)
{
    long room = wait_for_room(pipe, may_wait);

    if (room < 0)
        return room;
    size = size < (size_t)room ? size : (size_t)room;
    void *bytes = kmalloc(size);
    if (!bytes)
        return -ENOMEM;
    struct iovec one;
    struct iter iter = iter_of_kernel(&one, bytes, size);
    long done = from->operations->read(from, &iter, position);
    if (done > 0) {
        iter = iter_of_kernel(&one, bytes, (size_t)done);
        done = pipe_give(pipe, &iter, true);
    }
    kfree(bytes);
    return done;
}

/* What cannot be written stays in the pipe. */
static long splice_from_pipe(struct pipe *pipe, struct file *to, uint64_t *position, size_t size,
                             bool may_wait)
{
    long part = pipe_wait_for_bytes(pipe, may_wait);
    size_t done = 0;

    while (part > 0 && done < size && pipe->count > 0) {
        uint8_t *bytes;
        const size_t there = pipe_peek(pipe, &bytes), left = size - done;
        struct iovec one;
        struct iter iter = iter_of_kernel(&one, bytes, there < left ? there : left);

        part = to->operations->write(to, &iter, position);
        if (part > 0) {
            pipe_drop(pipe, (size_t)part);
            done += (size_t)part;
        }
    }
    return done > 0 || part > 0 ? (long)done : part;
}

static long splice_between(struct pipe *from, struct pipe *to, struct file *to_file, size_t size,
                           bool may_wait)
{
    long there = pipe_wait_for_bytes(from, may_wait);

    if (there <= 0)
        return there;
    long room = wait_for_room(to, may_wait);
    if (room < 0)
        return room;
    return splice_from_pipe(from, to_file, NULL, size < (size_t)room ? size : (size_t)room,
                            may_wait);
}

static int may_splice(struct file *files[2], int64_t *const user[2], struct pipe *const pipes[2])
{
    if (!file_readable(files[0]) || !file_writable(files[1]))
        return -EBADF;
    for (int i = 0; i < 2; i++) {
        if (pipes[i] && user[i])
            return -ESPIPE;
        if (user[i] && !files[i]->operations->seekable)
            return -EINVAL;
    }
    if (pipes[0] == pipes[1] || files[1]->flags & O_APPEND || !files[0]->operations->read ||
        !files[1]->operations->write)
        return -EINVAL;
    return 0;
}

static long splice(struct file *files[2], int64_t *const user[2], size_t size, unsigned flags)
{
    struct pipe *pipes[2] = {pipe_of_file(files[0]), pipe_of_file(files[1])};
    const bool from_pipe = pipes[0] != NULL;
    struct file *other = files[from_pipe];
    bool may_wait = !(flags & SPLICE_F_NONBLOCK);
    uint64_t position;
    long done = may_splice(files, user, pipes);

    for (int i = 0; i < 2; i++)
        may_wait = may_wait && !(pipes[i] && files[i]->flags & O_NONBLOCK);
    if (done == 0 && from_pipe && pipes[1])
        return splice_between(pipes[0], pipes[1], files[1], size, may_wait);
    if (done == 0)
        done = get_position(other, user[from_pipe], &position);
    if (done < 0)
        return done;
    done = from_pipe ? splice_from_pipe(pipes[0], other, &position, size, may_wait)
                     : splice_to_pipe(other, &position, pipes[1], size, may_wait);
    if (done >= 0 && set_position(other, user[from_pipe], position) < 0)
        return -EFAULT;
    return done;
}

long sys_splice(int from, int64_t *from_position, int to, int64_t *to_position, size_t size,
                unsigned flags)
{
    struct file *files[2];

    if (size == 0)
        return 0;
    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    long done = get_both(from, to, files);
    if (done == 0) {
        done = splice(files, (int64_t *[]){from_position, to_position}, size, flags);
        put_both(files);
    }
    return done;
}
