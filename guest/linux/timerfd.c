/* timerfd_create(2): a timer whose expirations are read. */
#include "kernel.h"
#include "memory.h"
#include "schedule.h"
#include "syscalls_files.h"
#include "vfs.h"

#include <asm/poll.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>

enum { SECONDS_MAX = INT32_MAX }; /* longer is the same to any program */

struct timer_file {
    struct timer timer; /* the first member: fire() gets it */
    uint64_t interval, expirations;
    int clock;
    struct wait_queue readers;
};

static void fire(struct timer *timer)
{
    struct timer_file *file = (struct timer_file *)timer;

    file->expirations += file->interval > 0 ? timer_repeat(timer, file->interval) : 1;
    wake_all(&file->readers);
    poll_wake();
}

static void timer_release(struct file *file)
{
    struct timer_file *timer = file->data;

    timer_cancel(&timer->timer);
    kfree(timer);
}

static long timer_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct timer_file *timer = file->data;
    uint64_t count;

    (void)position;
    if (to->left < sizeof(count))
        return -EINVAL;
    while (timer->expirations == 0) {
        int error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&timer->readers, FOREVER);

        if (error < 0)
            return error;
    }
    count = timer->expirations;
    timer->expirations = 0;
    return iter_put(to, &count, sizeof(count));
}

static unsigned timer_poll(struct file *file)
{
    const struct timer_file *timer = file->data;

    return timer->expirations > 0 ? POLLIN | POLLRDNORM : 0;
}

static const struct file_operations timer_operations = {
    .release = timer_release,
    .read = timer_read,
    .poll = timer_poll,
};

long sys_timerfd_create(int clock, int flags)
{
    struct timer_file *timer;
    struct inode *inode;
    struct file *file;
    long fd;

    if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK) ||
        (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
         clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM))
        return -EINVAL;
    timer = kzalloc(sizeof(*timer));
    inode = timer ? inode_anonymous(S_IFREG | 0600) : NULL;
    fd = inode ? file_anonymous("anon_inode:[timerfd]", inode, &timer_operations,
                                O_RDWR | (flags & TFD_NONBLOCK), &file)
               : -ENOMEM;
    if (fd < 0) {
        kfree(timer);
        return fd;
    }
    timer->timer.fire = fire;
    timer->clock = clock;
    file->data = timer;
    fd = fd_install(file, 0, flags & TFD_CLOEXEC);
    if (fd < 0)
        file_put(file);
    return fd;
}

static int nanoseconds_of(const struct __kernel_timespec *time, uint64_t *nanoseconds)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long long)NSEC_PER_SEC)
        return -EINVAL;
    *nanoseconds =
        (uint64_t)(time->tv_sec < SECONDS_MAX ? time->tv_sec : SECONDS_MAX) * NSEC_PER_SEC +
        (uint64_t)time->tv_nsec;
    return 0;
}

static struct __kernel_timespec timespec_of(uint64_t nanoseconds)
{
    return (struct __kernel_timespec){(long long)(nanoseconds / NSEC_PER_SEC),
                                      (long long)(nanoseconds % NSEC_PER_SEC)};
}

static struct __kernel_itimerspec value_of(const struct timer_file *timer)
{
    const uint64_t now = time_monotonic();
    uint64_t left = 0;

    if (timer->timer.is_set)
        left = timer->timer.deadline > now ? timer->timer.deadline - now : 1;
    return (struct __kernel_itimerspec){timespec_of(timer->interval), timespec_of(left)};
}

/* What a clock showed when time_monotonic() was 0. */
static uint64_t start_of(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM
               ? time_realtime() - time_monotonic()
               : 0;
}

static int set(struct timer_file *timer, int flags, const struct __kernel_itimerspec *new)
{
    uint64_t value, interval, start = start_of(timer->clock);

    if (nanoseconds_of(&new->it_value, &value) < 0 ||
        nanoseconds_of(&new->it_interval, &interval) < 0)
        return -EINVAL;
    timer_cancel(&timer->timer);
    timer->interval = interval;
    timer->expirations = 0;
    if (value == 0)
        return 0;
    if (!(flags & TFD_TIMER_ABSTIME))
        value += time_monotonic();
    else
        value = value > start ? value - start : 0;
    timer_set(&timer->timer, value);
    return 0;
}

/* The file of a descriptor, referenced, if it is a timer. */
static int find(int fd, struct file **file)
{
    *file = fd_file(fd);
    if (!*file)
        return -EBADF;
    if ((*file)->operations == &timer_operations)
        return 0;
    file_put(*file);
    return -EINVAL;
}

long sys_timerfd_settime(int fd, int flags, const void *new, void *old)
{
    struct __kernel_itimerspec wanted, before;
    struct file *file;
    int error;

    if (copy_from_user(&wanted, new, sizeof(wanted)) < 0)
        return -EFAULT;
    if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        return -EINVAL;
    error = find(fd, &file);
    if (error < 0)
        return error;
    before = value_of(file->data);
    error = set(file->data, flags, &wanted);
    if (error == 0 && old && copy_to_user(old, &before, sizeof(before)) < 0)
        error = -EFAULT;
    file_put(file);
    return error;
}

long sys_timerfd_gettime(int fd, void *user)
{
    struct __kernel_itimerspec value;
    struct file *file;
    int error = find(fd, &file);

    if (error < 0)
        return error;
    value = value_of(file->data);
    file_put(file);
    return copy_to_user(user, &value, sizeof(value));
}
