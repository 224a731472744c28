/* Pipes, and FIFOs once they are open. */
#include "pipe.h"

#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

#define CAPACITY (PIPE_PAGES * PAGE_SIZE)

static struct pipe *pipe_of(const struct file *file)
{
    return file->inode->data;
}

struct pipe *pipe_of_file(const struct file *file)
{
    return file->operations == &pipe_operations ? pipe_of(file) : NULL;
}

static void wake(struct wait_queue *queue)
{
    wake_all(queue);
    poll_wake();
}

static bool would_block(const struct file *file)
{
    return (file->flags & O_NONBLOCK) != 0;
}

struct pipe *pipe_new(void)
{
    struct pipe *pipe = kzalloc(sizeof(*pipe));

    if (pipe != NULL)
        pipe->capacity = CAPACITY;
    return pipe;
}

/* ---- Open and close ---- */

/* The other end may have been opened and closed again before this one runs: that counts. */
static int wait_for_other(struct file *file, const unsigned *others, const unsigned *opens)
{
    const unsigned before = *opens;
    int error = 0;

    while (*others == 0 && *opens == before && error == 0)
        error = wait_on(&pipe_of(file)->opened, FOREVER);
    return error;
}

void pipe_leave(struct pipe *pipe, bool reader, bool writer)
{
    pipe->readers -= reader;
    pipe->writers -= writer;
    wake(&pipe->readable);
    wake(&pipe->writable);
    if (pipe->readers + pipe->writers > 0)
        return;
    for (unsigned i = 0; i < PIPE_PAGES; i++)
        if (pipe->pages[i] != NULL)
            page_release(pipe->pages[i]);
    kfree(pipe);
}

static void pipe_release(struct file *file)
{
    struct pipe *pipe = pipe_of(file);

    if (pipe->readers + pipe->writers == (unsigned)file_readable(file) + file_writable(file))
        file->inode->data = NULL;
    pipe_leave(pipe, file_readable(file), file_writable(file));
}

/* A FIFO's open waits for the other end. */
static int pipe_open(struct file *file)
{
    struct inode *inode = file->inode;
    int error = 0;

    if (inode->data == NULL)
        inode->data = pipe_new();
    struct pipe *pipe = inode->data;
    if (pipe == NULL)
        return -ENOMEM;
    pipe->readers += file_readable(file);
    pipe->writers += file_writable(file);
    pipe->reader_opens += file_readable(file);
    pipe->writer_opens += file_writable(file);
    wake_all(&pipe->opened);
    if (pipe->is_unnamed)
        return 0;
    if (!file_writable(file) && !would_block(file))
        error = wait_for_other(file, &pipe->writers, &pipe->writer_opens);
    else if (!file_readable(file))
        error = would_block(file) ? (pipe->readers == 0 ? -ENXIO : 0)
                                  : wait_for_other(file, &pipe->readers, &pipe->reader_opens);
    if (error != 0)
        pipe_release(file);
    return error;
}

/* ---- Bytes ---- */

long pipe_wait_for_bytes(struct pipe *pipe, bool may_wait)
{
    while (pipe->count == 0) {
        if (pipe->writers == 0)
            return 0;
        if (!may_wait)
            return -EAGAIN;
        int error = wait_on(&pipe->readable, FOREVER);
        if (error != 0)
            return error;
    }
    return (long)pipe->count;
}

size_t pipe_peek(const struct pipe *pipe, uint8_t **bytes)
{
    const size_t offset = pipe->first % PAGE_SIZE, in_page = PAGE_SIZE - offset;

    *bytes = pipe->pages[pipe->first / PAGE_SIZE] + offset;
    return in_page < pipe->count ? in_page : pipe->count;
}

void pipe_drop(struct pipe *pipe, size_t size)
{
    size = size < pipe->count ? size : pipe->count;
    pipe->first = (pipe->first + size) % CAPACITY;
    pipe->count -= size;
    wake(&pipe->writable);
}

long pipe_take(struct pipe *pipe, struct iter *to, bool may_wait)
{
    long found = to->left > 0 ? pipe_wait_for_bytes(pipe, may_wait) : 0, done = 0;

    if (found <= 0)
        return found;
    while (pipe->count > 0 && to->left > 0) {
        uint8_t *bytes;
        const size_t part = pipe_peek(pipe, &bytes);
        long put = iter_put(to, bytes, part);

        if (put < 0)
            return done > 0 ? done : put;
        pipe_drop(pipe, (size_t)put);
        done += put;
    }
    return done;
}

/* Takes what fits now; 0 when nothing does. */
static long fill(struct pipe *pipe, struct iter *from)
{
    long done = 0;

    while (pipe->count < pipe->capacity && from->left > 0) {
        const size_t end = (pipe->first + pipe->count) % CAPACITY, offset = end % PAGE_SIZE;
        uint8_t **page = &pipe->pages[end / PAGE_SIZE];
        size_t part = PAGE_SIZE - offset;

        if (*page == NULL && (*page = page_alloc()) == NULL)
            return done > 0 ? done : -ENOMEM;
        part = part < pipe->capacity - pipe->count ? part : pipe->capacity - pipe->count;
        long taken = iter_take(from, *page + offset, part);
        if (taken < 0)
            return done > 0 ? done : taken;
        pipe->count += (size_t)taken;
        done += taken;
    }
    return done;
}

long pipe_wait_for_room(struct pipe *pipe, bool may_wait)
{
    while (pipe->readers > 0 && pipe->count == pipe->capacity) {
        int error = may_wait ? wait_on(&pipe->writable, FOREVER) : -EAGAIN;
        if (error != 0)
            return error;
    }
    return pipe->readers > 0 ? (long)(pipe->capacity - pipe->count) : -EPIPE;
}

long pipe_give(struct pipe *pipe, struct iter *from, bool may_wait)
{
    const size_t size = from->left;
    const size_t at_once = size <= PIPE_BUF ? size : 1; /* small writes are never torn */
    long done = 0;

    while (from->left > 0) {
        long part = 0;

        if (pipe->readers == 0)
            return done > 0 ? done : -EPIPE;
        if (pipe->capacity - pipe->count >= at_once)
            part = fill(pipe, from);
        if (part < 0)
            return done > 0 ? done : part;
        done += part;
        if (part > 0)
            wake(&pipe->readable);
        if (from->left == 0)
            break;
        if (!may_wait)
            return done > 0 ? done : -EAGAIN;
        int error = wait_on(&pipe->writable, FOREVER);
        if (error != 0)
            return done > 0 ? done : error;
    }
    return done;
}

unsigned pipe_events(const struct pipe *pipe, bool reader, bool writer)
{
    unsigned events = 0;

    if (reader)
        events |= (pipe->count > 0 ? POLLIN | POLLRDNORM : 0) | (pipe->writers == 0 ? POLLHUP : 0);
    if (writer)
        events |= (pipe->capacity - pipe->count >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0) |
                  (pipe->readers == 0 ? POLLERR : 0);
    return events;
}

static long pipe_read(struct file *file, struct iter *to, uint64_t *position)
{
    (void)position;
    return pipe_take(pipe_of(file), to, !would_block(file));
}

static long pipe_write(struct file *file, struct iter *from, uint64_t *position)
{
    long done = pipe_give(pipe_of(file), from, !would_block(file));

    (void)position;
    if (done == -EPIPE)
        signal_send(current_process(), SIGPIPE);
    return done;
}

static long pipe_ioctl(struct file *file, unsigned command, unsigned long argument)
{
    const int count = (int)pipe_of(file)->count;

    if (command != FIONREAD)
        return -ENOTTY;
    return copy_to_user((void *)argument, &count, sizeof(count));
}

static unsigned pipe_poll(struct file *file)
{
    return pipe_events(pipe_of(file), file_readable(file), file_writable(file));
}

const struct file_operations pipe_operations = {
    .open = pipe_open,
    .release = pipe_release,
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
};

long pipe_size(const struct file *file)
{
    const struct pipe *pipe = pipe_of_file(file);

    return pipe != NULL ? (long)pipe->capacity : -EBADF;
}

long pipe_resize(struct file *file, size_t size)
{
    struct pipe *pipe = pipe_of_file(file);
    size_t capacity = PAGE_SIZE;

    if (pipe == NULL)
        return -EBADF;
    while (capacity < size && capacity < CAPACITY)
        capacity *= 2;
    if (capacity < size)
        return -EPERM;
    if (capacity < pipe->count)
        return -EBUSY;
    pipe->capacity = capacity;
    return (long)capacity;
}

/* ---- System calls ---- */

static int make(unsigned flags, struct file *ends[2])
{
    struct inode *inode = inode_anonymous(S_IFIFO | 0600);
    struct pipe *pipe = pipe_new();

    if (inode == NULL || pipe == NULL) {
        if (inode != NULL)
            inode_put(inode);
        kfree(pipe);
        return -ENOMEM;
    }
    pipe->is_unnamed = true;
    inode->data = pipe;
    inode_get(inode); /* one for each end */
    int error = file_anonymous("pipe", inode, &pipe_operations, O_RDONLY | flags, &ends[0]);
    if (error != 0) {
        inode_put(inode);
        return error;
    }
    error = file_anonymous("pipe", inode, &pipe_operations, O_WRONLY | flags, &ends[1]);
    if (error != 0)
        file_put(ends[0]);
    return error;
}

long install_pair(struct file *const ends[2], bool close_on_exec, int *user)
{
    int fds[2] = {-1, -1}, error = 0;

    for (unsigned i = 0; i < 2 && error == 0; i++) {
        fds[i] = fd_install(ends[i], 0, close_on_exec);
        error = fds[i] < 0 ? fds[i] : 0;
    }
    if (error == 0)
        error = copy_to_user(user, fds, sizeof(fds));
    for (unsigned i = 0; i < 2 && error != 0; i++)
        if (fds[i] >= 0)
            fd_close(fds[i]);
        else
            file_put(ends[i]);
    return error;
}

long sys_pipe2(int *user, int flags)
{
    struct file *ends[2];

    if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0)
        return -EINVAL;
    int error = make((unsigned)flags & O_NONBLOCK, ends);
    return error != 0 ? error : install_pair(ends, (flags & O_CLOEXEC) != 0, user);
}

long sys_pipe(int *user)
{
    return sys_pipe2(user, 0);
}
