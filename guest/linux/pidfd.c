/* pidfd_open(2): a file that is readable when a process has ended. Their numbers are never used
 * again, so that the number is all that it has to keep. */
#include "pidfd.h"

#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/poll.h>

static int id_of(const struct file *file)
{
    return (int)(uintptr_t)file->data;
}

static unsigned poll(struct file *file)
{
    const struct process *process = process_find(id_of(file));

    return process == NULL || process->state == PROCESS_ZOMBIE ? POLLIN | POLLRDNORM : 0;
}

static const struct file_operations pidfd_operations = {.poll = poll};

int pidfd_process(int fd, bool *is_nonblocking)
{
    struct file *file = fd_file(fd);
    int id = -EBADF;

    if (file == NULL)
        return -EBADF;
    if (file->operations == &pidfd_operations) {
        id = id_of(file);
        *is_nonblocking = (file->flags & O_NONBLOCK) != 0;
    }
    file_put(file);
    return id;
}

long sys_pidfd_open(int id, unsigned flags)
{
    struct inode *inode;
    struct file *file;

    if ((flags & ~(unsigned)O_NONBLOCK) != 0 || id <= 0)
        return -EINVAL;
    if (process_find(id) == NULL)
        return thread_find(id) != NULL ? -EINVAL : -ESRCH;
    inode = inode_anonymous(S_IFREG | 0600);
    if (inode == NULL)
        return -ENOMEM;
    int fd = file_anonymous("anon_inode:[pidfd]", inode, &pidfd_operations, O_RDWR | flags, &file);
    if (fd < 0)
        return fd;
    file->data = (void *)(uintptr_t)id;
    fd = fd_install(file, 0, true);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_pidfd_send_signal(int fd, int number, const void *user, unsigned flags)
{
    bool is_nonblocking;
    const int id = pidfd_process(fd, &is_nonblocking);
    siginfo_t info;

    if (flags != 0)
        return -EINVAL;
    if (id < 0)
        return id;
    if (user == NULL)
        return sys_kill(id, number);
    if (copy_from_user(&info, user, sizeof(info)) != 0)
        return -EFAULT;
    return info.si_signo == number ? sys_rt_sigqueueinfo(id, number, user) : -EINVAL;
}
