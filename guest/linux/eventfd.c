/* eventfd(2): a counter that can be waited for. */
#include "kernel.h"
#include "memory.h"
#include "schedule.h"
#include "syscalls.h"
#include "vfs.h"

#include <asm/poll.h>

#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC   O_CLOEXEC
#define EFD_NONBLOCK  O_NONBLOCK
#define COUNT_MAX     (UINT64_MAX - 1)

struct event {
    uint64_t count;
    bool is_semaphore;
    struct wait_queue changed;
};

static void event_release(struct file *file)
{
    kfree(file->data);
}

static int wait(struct file *file)
{
    struct event *event = file->data;

    return (file->flags & O_NONBLOCK) != 0 ? -EAGAIN : wait_on(&event->changed, FOREVER);
}

static void changed(struct event *event)
{
    wake_all(&event->changed);
    poll_wake();
}

static long event_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct event *event = file->data;

    (void)position;
    if (to->left < sizeof(event->count))
        return -EINVAL;
    while (event->count == 0) {
        int error = wait(file);
        if (error != 0)
            return error;
    }
    const uint64_t taken = event->is_semaphore ? 1 : event->count;
    event->count -= taken;
    changed(event);
    return iter_put(to, &taken, sizeof(taken));
}

static long event_write(struct file *file, struct iter *from, uint64_t *position)
{
    struct event *event = file->data;
    uint64_t added;

    (void)position;
    if (from->left < sizeof(added))
        return -EINVAL;
    long done = iter_take(from, &added, sizeof(added));
    if (done != (long)sizeof(added))
        return done < 0 ? done : -EFAULT;
    if (added > COUNT_MAX)
        return -EINVAL;
    while (event->count > COUNT_MAX - added) {
        int error = wait(file);
        if (error != 0)
            return error;
    }
    event->count += added;
    changed(event);
    return done;
}

static unsigned event_poll(struct file *file)
{
    const struct event *event = file->data;

    return (event->count > 0 ? POLLIN | POLLRDNORM : 0) |
           (event->count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static const struct file_operations event_operations = {
    .release = event_release,
    .read = event_read,
    .write = event_write,
    .poll = event_poll,
};

long sys_eventfd2(unsigned count, int flags)
{
    struct event *event = kzalloc(sizeof(*event));
    struct inode *inode = inode_anonymous(S_IFREG | 0600);
    struct file *file;
    int error = -ENOMEM;

    if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0)
        error = -EINVAL;
    else if (event != NULL && inode != NULL)
        error = file_anonymous("anon_inode:[eventfd]", inode_get(inode), &event_operations,
                               O_RDWR | ((unsigned)flags & O_NONBLOCK), &file);
    if (inode != NULL)
        inode_put(inode);
    if (error != 0) {
        kfree(event);
        return error;
    }
    event->count = count;
    event->is_semaphore = (flags & EFD_SEMAPHORE) != 0;
    file->data = event;
    int fd = fd_install(file, 0, (flags & EFD_CLOEXEC) != 0);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_eventfd(unsigned count)
{
    return sys_eventfd2(count, 0);
}
