/*
 * poll(2), select(2) and their like. Whoever waits looks at all of its files again whenever one of
 * any process may have become ready: threads are few, and what wakes them is rarely for nobody.
 */
#include "poll.h"
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time_types.h>

#define ALWAYS       (POLLERR | POLLHUP)
#define FDS_MAX      65536u
#define SELECT_MAX   1024u
#define WORD_BITS    64u
#define SELECT_READ  (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_WRITE (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)

unsigned poll_file(struct file *file)
{
    return file->operations != NULL && file->operations->poll != NULL
               ? file->operations->poll(file)
               : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* How many of them have something to tell. */
static long look(struct pollfd *fds, unsigned count)
{
    long ready = 0;

    for (unsigned i = 0; i < count; i++) {
        struct pollfd *fd = &fds[i];

        fd->revents = 0;
        if (fd->fd < 0)
            continue;
        struct file *file = fd_file(fd->fd);
        if (file == NULL) {
            fd->revents = POLLNVAL;
        } else {
            fd->revents = (short)(poll_file(file) & ((unsigned short)fd->events | ALWAYS));
            file_put(file);
        }
        ready += fd->revents != 0;
    }
    return ready;
}

static long poll_files(struct pollfd *fds, unsigned count, uint64_t deadline)
{
    for (;;) {
        long ready = look(fds, count);

        if (ready > 0)
            return ready;
        int error = poll_wait(deadline);
        if (error == -ETIMEDOUT)
            return 0;
        if (error != 0)
            return error;
    }
}

static long poll_user(struct pollfd *user, unsigned count, uint64_t deadline)
{
    const size_t size = count * sizeof(struct pollfd);
    struct pollfd few[8], *fds = few;

    if (count > FDS_MAX || count > current_file_limit())
        return -EINVAL;
    if (count > ARRAY_SIZE(few) && (fds = kmalloc(size)) == NULL)
        return -ENOMEM;
    long result = copy_from_user(fds, user, size);
    if (result == 0)
        result = poll_files(fds, count, deadline);
    for (unsigned i = 0; result >= 0 && i < count; i++)
        if (copy_to_user(&user[i].revents, &fds[i].revents, sizeof(fds[i].revents)) != 0)
            result = -EFAULT;
    if (fds != few)
        kfree(fds);
    return result;
}

uint64_t poll_deadline(uint64_t duration)
{
    const uint64_t now = time_monotonic();

    return duration < FOREVER - now ? now + duration : FOREVER;
}

/* NULL waits for ever. */
int poll_deadline_from_user(const void *timeout, uint64_t *deadline)
{
    uint64_t duration;

    *deadline = FOREVER;
    if (timeout == NULL)
        return 0;
    int error = time_from_user(timeout, &duration);
    if (error == 0)
        *deadline = poll_deadline(duration);
    return error;
}

int poll_swap_mask(const void *user, size_t size)
{
    uint64_t mask;

    if (user == NULL)
        return 0;
    if (size != sizeof(mask))
        return -EINVAL;
    if (copy_from_user(&mask, user, sizeof(mask)) != 0)
        return -EFAULT;
    signal_mask_swap(mask);
    return 0;
}

/* Linux tells what is left of the time. */
static void put_left(void *timeout, uint64_t deadline)
{
    const uint64_t now = time_monotonic(), left = deadline > now ? deadline - now : 0;
    const struct __kernel_timespec time = {
        .tv_sec = (long long)(left / NSEC_PER_SEC),
        .tv_nsec = (long long)(left % NSEC_PER_SEC),
    };

    if (timeout != NULL)
        copy_to_user(timeout, &time, sizeof(time));
}

long sys_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
    const uint64_t deadline = signal_deadline(
        milliseconds < 0 ? FOREVER : poll_deadline((uint64_t)milliseconds * 1000000u));
    long result = poll_user(fds, count, deadline);

    if (result == -EINTR)
        signal_keep_deadline(deadline);
    return result;
}

long sys_ppoll(struct pollfd *fds, unsigned count, void *timeout, const void *mask, size_t size)
{
    uint64_t deadline;
    int error = poll_deadline_from_user(timeout, &deadline);

    if (error == 0)
        error = poll_swap_mask(mask, size);
    if (error != 0)
        return error;
    long result = poll_user(fds, count, deadline);
    put_left(timeout, deadline);
    return result;
}

/* ---- select(2): three sets of bits become one list ---- */

struct sets {
    uint64_t words[3][SELECT_MAX / WORD_BITS]; /* read, write, exceptions */
};

static const short set_events[3] = {SELECT_READ, SELECT_WRITE, POLLPRI};

static size_t set_size(unsigned count)
{
    return (count + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
}

static bool has(const struct sets *sets, unsigned set, unsigned fd)
{
    return (sets->words[set][fd / WORD_BITS] >> fd % WORD_BITS & 1) != 0;
}

/* The list is the caller's to free. */
static long make_list(const struct sets *sets, unsigned count, struct pollfd **list)
{
    unsigned used = 0;

    *list = kmalloc((count + 1) * sizeof(**list));
    if (*list == NULL)
        return -ENOMEM;
    for (unsigned fd = 0; fd < count; fd++) {
        struct pollfd entry = {.fd = (int)fd};

        for (unsigned set = 0; set < 3; set++)
            if (has(sets, set, fd))
                entry.events |= set_events[set];
        if (entry.events != 0)
            (*list)[used++] = entry;
    }
    return used;
}

static long make_sets(const struct pollfd *list, long used, struct sets *sets)
{
    struct sets result = {0};
    long ready = 0;

    for (long i = 0; i < used; i++) {
        const unsigned fd = (unsigned)list[i].fd;

        if ((list[i].revents & POLLNVAL) != 0)
            return -EBADF;
        for (unsigned set = 0; set < 3; set++)
            if (has(sets, set, fd) && (list[i].revents & set_events[set]) != 0) {
                result.words[set][fd / WORD_BITS] |= 1ul << fd % WORD_BITS;
                ready++;
            }
    }
    *sets = result;
    return ready;
}

static long select_files(unsigned count, void *const user[3], uint64_t deadline)
{
    struct sets sets = {0};
    struct pollfd *list;

    count = count < SELECT_MAX ? count : SELECT_MAX;
    for (unsigned set = 0; set < 3; set++)
        if (user[set] != NULL && copy_from_user(sets.words[set], user[set], set_size(count)) != 0)
            return -EFAULT;
    long used = make_list(&sets, count, &list);
    if (used < 0)
        return used;
    long result = poll_files(list, (unsigned)used, deadline);
    if (result >= 0)
        result = make_sets(list, used, &sets);
    kfree(list);
    for (unsigned set = 0; result >= 0 && set < 3; set++)
        if (user[set] != NULL && copy_to_user(user[set], sets.words[set], set_size(count)) != 0)
            result = -EFAULT;
    return result;
}

long sys_pselect6(int count, void *read, void *write, void *exceptions, void *timeout,
                  const uint64_t *mask)
{
    void *const user[3] = {read, write, exceptions};
    uint64_t deadline, pair[2] = {0};
    int error = count >= 0 ? poll_deadline_from_user(timeout, &deadline) : -EINVAL;

    if (error == 0 && mask != NULL)
        error = copy_from_user(pair, mask, sizeof(pair));
    if (error == 0)
        error = poll_swap_mask((const void *)pair[0], pair[1]);
    if (error != 0)
        return error;
    long result = select_files((unsigned)count, user, deadline);
    put_left(timeout, deadline);
    return result;
}

long sys_select(int count, void *read, void *write, void *exceptions, int64_t *timeout)
{
    void *const user[3] = {read, write, exceptions};
    uint64_t deadline = FOREVER;
    int64_t time[2];

    if (count < 0)
        return -EINVAL;
    if (timeout != NULL) {
        if (copy_from_user(time, timeout, sizeof(time)) != 0)
            return -EFAULT;
        if (time[0] < 0 || time[1] < 0)
            return -EINVAL;
        if ((uint64_t)time[0] < FOREVER / 2 / NSEC_PER_SEC)
            deadline = poll_deadline((uint64_t)time[0] * NSEC_PER_SEC + (uint64_t)time[1] * 1000);
    }
    long result = select_files((unsigned)count, user, deadline);
    if (timeout != NULL) {
        const uint64_t now = time_monotonic(), left = deadline > now ? deadline - now : 0;

        time[0] = (int64_t)(left / NSEC_PER_SEC);
        time[1] = (int64_t)(left % NSEC_PER_SEC / 1000);
        copy_to_user(timeout, time, sizeof(time));
    }
    return result;
}
