/*
 * epoll(7): a list of files, each of which is looked at when somebody waits, as poll(2) does. An
 * entry does not hold its file, or closing would not; the file tells when it goes.
 */
#include "kernel.h"
#include "memory.h"
#include "poll.h"
#include "schedule.h"
#include "syscalls_files.h"
#include "vfs.h"

#include <asm/poll.h>
#include <linux/eventpoll.h>

enum {
    NESTED_MAX = 2, /* epolls in epolls; Linux allows 5, and counts paths instead */
    SETTINGS = (int)(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE),
};

struct entry {
    struct entry *next;
    struct file *file;
    int fd;
    struct epoll_event wanted;
    unsigned told;    /* EPOLLET: events that were told, */
    uint64_t told_at; /* and poll_wakes then */
};

/* Entries that were told go to the end, so that each has its turn when there is room for few. */
struct epoll {
    struct epoll *next; /* of all that there are */
    struct entry *first, **end;
};

static struct epoll *epolls;
static const struct file_operations epoll_operations;

static void drop(struct epoll *epoll, struct entry **at)
{
    struct entry *entry = *at;

    *at = entry->next;
    if (epoll->end == &entry->next)
        epoll->end = at;
    entry->file->watchers--;
    kfree(entry);
}

static void append(struct epoll *epoll, struct entry *entry)
{
    entry->next = NULL;
    *epoll->end = entry;
    epoll->end = &entry->next;
}

void epoll_forget(struct file *file)
{
    for (struct epoll *epoll = epolls; epoll && file->watchers > 0; epoll = epoll->next) {
        struct entry **at = &epoll->first;

        while (*at) {
            if ((*at)->file == file)
                drop(epoll, at);
            else
                at = &(*at)->next;
        }
    }
}

static void epoll_release(struct file *file)
{
    struct epoll *epoll = file->data, **at = &epolls;

    while (epoll->first)
        drop(epoll, &epoll->first);
    while (*at != epoll)
        at = &(*at)->next;
    *at = epoll->next;
    kfree(epoll);
}

/* What an entry has to tell now. */
static unsigned events_of(struct entry *entry)
{
    const unsigned wanted = entry->wanted.events;
    unsigned events;

    if (!(wanted & ~(unsigned)SETTINGS)) /* EPOLLONESHOT, and told */
        return 0;
    events = poll_file(entry->file) & wanted;
    if (wanted & EPOLLET) {
        const bool again = !(events & ~entry->told) && entry->told_at == poll_wakes;

        entry->told &= events;
        if (again)
            return 0;
    }
    return events;
}

static unsigned epoll_poll(struct file *file)
{
    const struct epoll *epoll = file->data;

    for (struct entry *entry = epoll->first; entry; entry = entry->next) {
        if (events_of(entry))
            return POLLIN | POLLRDNORM;
    }
    return 0;
}

static const struct file_operations epoll_operations = {
    .release = epoll_release,
    .poll = epoll_poll,
};

long sys_epoll_create1(int flags)
{
    struct epoll *epoll;
    struct inode *inode;
    struct file *file;
    long fd;

    if (flags & ~EPOLL_CLOEXEC)
        return -EINVAL;
    epoll = kzalloc(sizeof(*epoll));
    inode = epoll ? inode_anonymous(S_IFREG | 0600) : NULL;
    fd = inode ? file_anonymous("anon_inode:[eventpoll]", inode, &epoll_operations, O_RDWR, &file)
               : -ENOMEM;
    if (fd < 0) {
        kfree(epoll);
        return fd;
    }
    epoll->end = &epoll->first;
    epoll->next = epolls;
    epolls = epoll;
    file->data = epoll;
    fd = fd_install(file, 0, flags & EPOLL_CLOEXEC);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_epoll_create(int size)
{
    return size > 0 ? sys_epoll_create1(0) : -EINVAL;
}

/* Whether epolls lead to epolls further down than `most`; those in a circle always do. */
static bool is_deeper(const struct epoll *epoll, unsigned most)
{
    for (const struct entry *entry = epoll->first; entry; entry = entry->next) {
        if (entry->file->operations == &epoll_operations &&
            (most == 0 || is_deeper(entry->file->data, most - 1)))
            return true;
    }
    return false;
}

static bool is_any_too_deep(void)
{
    const struct epoll *epoll = epolls;

    while (epoll && !is_deeper(epoll, NESTED_MAX))
        epoll = epoll->next;
    return epoll;
}

static struct entry **find(struct epoll *epoll, const struct file *file, int fd)
{
    struct entry **at = &epoll->first;

    while (*at && ((*at)->file != file || (*at)->fd != fd))
        at = &(*at)->next;
    return at;
}

static int add(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *wanted)
{
    struct entry *entry = kzalloc(sizeof(*entry));

    if (!entry)
        return -ENOMEM;
    entry->file = file;
    entry->fd = fd;
    entry->wanted = *wanted;
    file->watchers++;
    append(epoll, entry);
    if (file->operations == &epoll_operations && is_any_too_deep()) {
        drop(epoll, find(epoll, file, fd));
        return -ELOOP;
    }
    poll_wake(); /* it may be ready now */
    return 0;
}

static int control(struct epoll *epoll, int operation, struct file *file, int fd,
                   const struct epoll_event *wanted)
{
    struct entry **at = find(epoll, file, fd);

    if (operation != EPOLL_CTL_ADD && operation != EPOLL_CTL_DEL && operation != EPOLL_CTL_MOD)
        return -EINVAL;
    if (operation == EPOLL_CTL_ADD)
        return *at ? -EEXIST : add(epoll, file, fd, wanted);
    if (!*at)
        return -ENOENT;
    if (operation == EPOLL_CTL_DEL) {
        drop(epoll, at);
        return 0;
    }
    if ((*at)->wanted.events & EPOLLEXCLUSIVE)
        return -EINVAL;
    (*at)->wanted = *wanted;
    (*at)->told = 0;
    poll_wake();
    return 0;
}

static int control_files(struct file *epoll, int operation, struct file *file, int fd,
                         const struct epoll_event *wanted)
{
    if (!epoll->operations || !file->operations)
        return -EBADF;
    if (!file->operations->poll)
        return -EPERM; /* it is always ready */
    if (epoll->operations != &epoll_operations || epoll == file)
        return -EINVAL;
    return control(epoll->data, operation, file, fd, wanted);
}

long sys_epoll_ctl(int epoll, int operation, int fd, const void *event)
{
    struct epoll_event wanted = {0};
    struct file *files[2];
    long result = -EBADF;

    if (operation != EPOLL_CTL_DEL && copy_from_user(&wanted, event, sizeof(wanted)) < 0)
        return -EFAULT;
    wanted.events |= EPOLLERR | EPOLLHUP; /* which are told unasked */
    files[0] = fd_file(epoll);
    files[1] = fd_file(fd);
    if (files[0] && files[1])
        result = control_files(files[0], operation, files[1], fd, &wanted);
    for (unsigned i = 0; i < 2; i++) {
        if (files[i])
            file_put(files[i]);
    }
    return result;
}

/* One entry's events into the program's array: 1, 0 if there are none, or -EFAULT. */
static int tell(struct entry *entry, struct epoll_event *user)
{
    const struct epoll_event event = {events_of(entry), entry->wanted.data};

    if (event.events == 0)
        return 0;
    if (copy_to_user(user, &event, sizeof(event)) < 0)
        return -EFAULT;
    entry->told |= event.events;
    entry->told_at = poll_wakes;
    if (entry->wanted.events & EPOLLONESHOT)
        entry->wanted.events &= (unsigned)SETTINGS;
    return 1;
}

/* Looks at each entry once: how many were told. */
static int look(struct epoll *epoll, struct epoll_event *user, int most)
{
    struct entry **at = &epoll->first, *last = NULL;
    int count = 0, told = 0;

    for (struct entry *entry = epoll->first; entry; entry = entry->next)
        last = entry;
    while (*at && count < most) {
        struct entry *entry = *at;
        const bool is_last = entry == last;

        told = tell(entry, user + count);
        if (told < 0)
            break;
        if (told > 0 && !is_last) {
            *at = entry->next;
            append(epoll, entry);
        } else {
            at = &entry->next;
        }
        count += told;
        if (is_last)
            break;
    }
    return count > 0 || told >= 0 ? count : told;
}

static long wait(int fd, struct epoll_event *user, int most, uint64_t deadline)
{
    struct file *file = fd_file(fd);
    long result;

    if (!file)
        return -EBADF;
    if (file->operations != &epoll_operations || most <= 0 ||
        most > INT32_MAX / (int)sizeof(struct epoll_event)) {
        file_put(file);
        return -EINVAL;
    }
    for (;;) {
        result = look(file->data, user, most);
        if (result != 0)
            break;
        result = poll_wait(deadline);
        if (result < 0) {
            result = result == -ETIMEDOUT ? 0 : result;
            break;
        }
    }
    file_put(file);
    return result;
}

static uint64_t deadline_of(int milliseconds)
{
    return milliseconds < 0 ? FOREVER : poll_deadline((uint64_t)milliseconds * 1000000);
}

long sys_epoll_wait(int epoll, void *events, int most, int milliseconds)
{
    return wait(epoll, events, most, deadline_of(milliseconds));
}

long sys_epoll_pwait(int epoll, void *events, int most, int milliseconds, const void *mask,
                     size_t mask_size)
{
    const int error = poll_swap_mask(mask, mask_size);

    return error < 0 ? error : wait(epoll, events, most, deadline_of(milliseconds));
}

long sys_epoll_pwait2(int epoll, void *events, int most, const void *timeout, const void *mask,
                      size_t mask_size)
{
    uint64_t deadline;
    int error = poll_deadline_from_user(timeout, &deadline);

    if (error == 0)
        error = poll_swap_mask(mask, mask_size);
    return error < 0 ? error : wait(epoll, events, most, deadline);
}
