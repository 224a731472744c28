/* signalfd(2): signals that are read, instead of handled. */
#include "kernel.h"
#include "memory.h"
#include "schedule.h"
#include "signal.h"
#include "syscalls_files.h"
#include "vfs.h"

#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/signalfd.h>

/* A file's data is the set of signals itself. */
static uint64_t set_of(const struct file *file)
{
    return (uintptr_t)file->data;
}

static void fill(struct signalfd_siginfo *to, const siginfo_t *from)
{
    *to = (struct signalfd_siginfo){
        .ssi_signo = (unsigned)from->si_signo,
        .ssi_errno = from->si_errno,
        .ssi_code = from->si_code,
    };
    if (from->si_code >= 0 && from->si_signo != SIGCHLD && from->si_code != SI_USER)
        return; /* by the kernel itself */
    to->ssi_pid = (unsigned)from->si_pid;
    to->ssi_uid = from->si_uid;
    if (from->si_signo == SIGCHLD) {
        to->ssi_status = from->si_status;
    } else if (from->si_code < 0) { /* by sigqueue(3) and the like */
        to->ssi_int = from->si_int;
        to->ssi_ptr = (uintptr_t)from->si_ptr;
    }
}

static long read_one(const struct file *file, struct iter *to)
{
    struct signal_info *signal = signal_take(current, set_of(file));
    struct signalfd_siginfo info;

    if (!signal)
        return -EAGAIN;
    fill(&info, &signal->info);
    kfree(signal);
    return iter_put(to, &info, sizeof(info));
}

static long signal_read(struct file *file, struct iter *to, uint64_t *position)
{
    long done = 0, part;

    (void)position;
    if (to->left < sizeof(struct signalfd_siginfo))
        return -EINVAL;
    while ((part = read_one(file, to)) == -EAGAIN && !(file->flags & O_NONBLOCK)) {
        part = poll_wait(FOREVER);
        if (part < 0)
            break;
    }
    while (part > 0) {
        done += part;
        part = to->left < sizeof(struct signalfd_siginfo) ? 0 : read_one(file, to);
    }
    return done > 0 ? done : part;
}

static unsigned signal_poll(struct file *file)
{
    return signal_pending_set(current) & set_of(file) ? POLLIN | POLLRDNORM : 0;
}

static const struct file_operations signal_operations = {
    .read = signal_read,
    .poll = signal_poll,
};

static long change(int fd, void *set)
{
    struct file *file = fd_file(fd);

    if (!file)
        return -EBADF;
    if (file->operations == &signal_operations)
        file->data = set;
    else
        fd = -EINVAL;
    file_put(file);
    poll_wake();
    return fd;
}

static long make(void *set, int flags)
{
    struct inode *inode = inode_anonymous(S_IFREG | 0600);
    struct file *file;
    long fd;

    if (!inode)
        return -ENOMEM;
    fd = file_anonymous("anon_inode:[signalfd]", inode, &signal_operations,
                        O_RDWR | (flags & SFD_NONBLOCK), &file);
    if (fd < 0)
        return fd;
    file->data = set;
    fd = fd_install(file, 0, flags & SFD_CLOEXEC);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_signalfd4(int fd, const void *mask, size_t size, int flags)
{
    uint64_t set;

    if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK) || size != sizeof(set))
        return -EINVAL;
    if (copy_from_user(&set, mask, sizeof(set)) < 0)
        return -EFAULT;
    set &= ~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
    return fd == -1 ? make((void *)set, flags) : change(fd, (void *)set);
}

long sys_signalfd(int fd, const void *mask, size_t size)
{
    return sys_signalfd4(fd, mask, size, 0);
}
