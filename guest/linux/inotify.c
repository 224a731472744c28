/* inotify(7): watches of files and directories, and the events that they had. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "path.h"
#include "permission.h"
#include "poll.h"
#include "schedule.h"
#include "syscalls.h"
#include "syscalls_files.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

enum { QUEUE_MAX = 16384, WATCHES_MAX = 65536 };

#define CONTROLS (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD)

struct event {
    struct event *next;
    struct inotify_event header; /* and its name, with zeros up to header.len */
};

struct watch {
    struct watch *next;          /* of the instance */
    struct watch *next_of_inode; /* of the inode, of any instance */
    struct instance *instance;
    struct inode *inode;
    int number;
    uint32_t mask;
};

struct instance {
    struct watch *watches;
    struct event *first, **last;
    unsigned count;
    int last_number;
    struct wait_queue readable;
};

static const struct file_operations inotify_operations;
static unsigned watch_count;

/* ---- Events ---- */

static bool is_same(const struct event *event, int number, uint32_t mask, const char *name,
                    size_t length)
{
    return event->header.wd == number && event->header.mask == mask &&
           strnlen(event->header.name, event->header.len) == length &&
           memcmp(event->header.name, name, length) == 0;
}

static struct event *last_event(const struct instance *instance)
{
    return (struct event *)((uint8_t *)instance->last - offsetof(struct event, next));
}

/* One that is like the last one is no news; what cannot be kept is lost, as when there are too
 * many. */
static void queue(struct instance *instance, int number, uint32_t mask, uint32_t cookie,
                  const char *name, size_t length)
{
    const size_t unit = sizeof(struct inotify_event);
    const size_t size = length > 0 ? (length + unit) / unit * unit : 0;
    struct event *event;

    if (instance->first && is_same(last_event(instance), number, mask, name, length))
        return;
    if (instance->count > QUEUE_MAX)
        return;
    event = kzalloc(sizeof(*event) + size);
    if (!event)
        return;
    event->header = (struct inotify_event){number, mask, cookie, (uint32_t)size};
    memcpy(event->header.name, name, length);
    *instance->last = event;
    instance->last = &event->next;
    if (++instance->count == QUEUE_MAX) {
        queue(instance, -1, IN_Q_OVERFLOW, 0, "", 0);
        return;
    }
    wake_all(&instance->readable);
    poll_wake();
}

static struct event *take(struct instance *instance)
{
    struct event *event = instance->first;

    instance->first = event->next;
    if (!instance->first)
        instance->last = &instance->first;
    instance->count--;
    return event;
}

/* ---- Watches ---- */

static void unlink_from_inode(struct watch *watch)
{
    struct watch **at = &watch->inode->watches;

    while (*at != watch)
        at = &(*at)->next_of_inode;
    *at = watch->next_of_inode;
}

static void remove(struct watch *watch)
{
    struct watch **at = &watch->instance->watches;

    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    unlink_from_inode(watch);
    inode_put(watch->inode);
    kfree(watch);
    watch_count--;
}

static void end(struct watch *watch)
{
    struct instance *instance = watch->instance;
    const int number = watch->number;

    remove(watch);
    queue(instance, number, IN_IGNORED, 0, "", 0);
}

static void tell(struct inode *inode, uint32_t events, uint32_t cookie, const char *name,
                 size_t length)
{
    struct watch *next;

    for (struct watch *watch = inode->watches; watch; watch = next) {
        next = watch->next_of_inode;
        if (!(watch->mask & events & IN_ALL_EVENTS))
            continue;
        queue(watch->instance, watch->number, events, cookie, name, length);
        if (watch->mask & IN_ONESHOT)
            end(watch);
    }
}

void notify_entry(struct inode *directory, const char *name, size_t length, uint32_t events,
                  uint32_t cookie)
{
    if (watch_count > 0)
        tell(directory, events, cookie, name, length);
}

uint32_t notify_cookie(void)
{
    static uint32_t last;

    return ++last;
}

void notify_inode(struct inode *inode, uint32_t events)
{
    if (watch_count > 0)
        tell(inode, events, 0, "", 0);
}

void notify_dentry(const struct dentry *dentry, uint32_t events)
{
    if (watch_count == 0)
        return;
    if (S_ISDIR(dentry->inode->mode))
        events |= IN_ISDIR;
    if (!dentry->deleted && dentry->parent != dentry)
        notify_entry(dentry->parent->inode, dentry->name, dentry->length, events, 0);
    notify_inode(dentry->inode, events);
}

void notify_gone(struct inode *inode)
{
    if (watch_count == 0)
        return;
    inode_get(inode);
    notify_inode(inode, IN_DELETE_SELF);
    while (inode->watches)
        end(inode->watches);
    inode_put(inode);
}

/* ---- The file ---- */

static size_t size_of(const struct event *event)
{
    return sizeof(event->header) + event->header.len;
}

static long inotify_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct instance *instance = file->data;
    long done = 0;

    (void)position;
    while (!instance->first) {
        int error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&instance->readable, FOREVER);
        if (error != 0)
            return error;
    }
    while (instance->first && size_of(instance->first) <= to->left) {
        struct event *event = take(instance);
        const size_t size = size_of(event);
        const long part = iter_put(to, &event->header, size);

        kfree(event);
        if (part != (long)size)
            return done > 0 ? done : -EFAULT;
        done += part;
    }
    return done > 0 ? done : -EINVAL;
}

static unsigned inotify_poll(struct file *file)
{
    const struct instance *instance = file->data;

    return instance->first ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *file, unsigned command, unsigned long argument)
{
    const struct instance *instance = file->data;
    int size = 0;

    if (command != FIONREAD)
        return -ENOTTY;
    for (const struct event *event = instance->first; event; event = event->next)
        size += (int)size_of(event);
    return copy_to_user((void *)argument, &size, sizeof(size));
}

static void inotify_release(struct file *file)
{
    struct instance *instance = file->data;

    while (instance->watches)
        remove(instance->watches);
    while (instance->first)
        kfree(take(instance));
    kfree(instance);
}

static const struct file_operations inotify_operations = {
    .release = inotify_release,
    .read = inotify_read,
    .ioctl = inotify_ioctl,
    .poll = inotify_poll,
};

long sys_inotify_init1(int flags)
{
    struct instance *instance;
    struct inode *inode;
    struct file *file;
    int result = -ENOMEM;

    if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
        return -EINVAL;
    instance = kzalloc(sizeof(*instance));
    inode = inode_anonymous(S_IFREG | 0600);
    if (instance && inode)
        result = file_anonymous("anon_inode:inotify", inode_get(inode), &inotify_operations,
                                O_RDONLY | ((unsigned)flags & O_NONBLOCK), &file);
    if (inode)
        inode_put(inode);
    if (result < 0) {
        kfree(instance);
        return result;
    }
    instance->last = &instance->first;
    file->data = instance;
    result = fd_install(file, 0, (flags & IN_CLOEXEC) != 0);
    if (result < 0)
        file_put(file);
    return result;
}

long sys_inotify_init(void)
{
    return sys_inotify_init1(0);
}

/* The instance that a descriptor is, whose file is to be put. */
static int find_instance(int fd, struct file **file)
{
    *file = fd_file(fd);
    if (!*file)
        return -EBADF;
    if ((*file)->operations == &inotify_operations)
        return 0;
    file_put(*file);
    return -EINVAL;
}

static int add(struct instance *instance, struct inode *inode, uint32_t mask)
{
    struct watch *watch;

    if (watch_count == WATCHES_MAX)
        return -ENOSPC;
    watch = kzalloc(sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    *watch = (struct watch){.next = instance->watches,
                            .next_of_inode = inode->watches,
                            .instance = instance,
                            .inode = inode_get(inode),
                            .number = ++instance->last_number,
                            .mask = mask};
    instance->watches = watch;
    inode->watches = watch;
    watch_count++;
    return watch->number;
}

static int add_or_change(struct instance *instance, struct inode *inode, uint32_t mask)
{
    struct watch *watch = instance->watches;
    const uint32_t wanted = mask & ~(uint32_t)CONTROLS;

    while (watch && watch->inode != inode)
        watch = watch->next;
    if (!watch)
        return add(instance, inode, wanted);
    if (mask & IN_MASK_CREATE)
        return -EEXIST;
    watch->mask = mask & IN_MASK_ADD ? watch->mask | wanted : wanted;
    return watch->number;
}

long sys_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    const unsigned flags = (mask & IN_DONT_FOLLOW ? 0 : PATH_FOLLOW) |
                           (mask & IN_ONLYDIR ? (unsigned)PATH_DIRECTORY : 0u);
    struct dentry *found;
    struct file *file;
    int result;

    if (!(mask & (IN_ALL_EVENTS | CONTROLS | IN_ONESHOT | IN_ISDIR)) ||
        (mask & IN_MASK_ADD && mask & IN_MASK_CREATE))
        return -EINVAL;
    result = find_instance(fd, &file);
    if (result < 0)
        return result;
    result = path_lookup(AT_FDCWD, path, flags, &found);
    if (result == 0) {
        result = permission(found->inode, MAY_READ);
        if (result == 0)
            result = add_or_change(file->data, found->inode, mask);
        dentry_put(found);
    }
    file_put(file);
    return result;
}

long sys_inotify_rm_watch(int fd, int number)
{
    struct watch *watch;
    struct file *file;
    int error = find_instance(fd, &file);

    if (error < 0)
        return error;
    watch = ((struct instance *)file->data)->watches;
    while (watch && watch->number != number)
        watch = watch->next;
    if (watch)
        end(watch);
    file_put(file);
    return watch ? 0 : -EINVAL;
}
