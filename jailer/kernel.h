/* System calls and constants of the kernel that not every C library knows. */
#ifndef SPARKLER_KERNEL_H
#define SPARKLER_KERNEL_H

#include <linux/fs.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* pidfd_open(2): a close-on-exec descriptor of a process */
static inline int sys_pidfd_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* pidfd_send_signal(2) */
static inline int sys_pidfd_send_signal(int pidfd, int signal)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/* The same with a value, as sigqueue(3) sends it. */
static inline int sys_pidfd_queue(int pidfd, int signal, int value)
{
    const siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE, .si_value.sival_int = value};

    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, &info, 0);
}

/* pidfd_getfd(2): a close-on-exec duplicate of a process's descriptor */
static inline int sys_pidfd_getfd(int pidfd, int fd)
{
    return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

/* renameat2(2): exchanges two names in a directory */
static inline int sys_exchange(int directory, const char *one, const char *other)
{
    return (int)syscall(SYS_renameat2, directory, one, directory, other, RENAME_EXCHANGE);
}

/* close_range(2): closes the descriptors from `first` to `last` */
static inline int sys_close_range(unsigned first, unsigned last)
{
    return (int)syscall(SYS_close_range, first, last, 0);
}

#ifndef PR_SCHED_CORE /* linux/prctl.h of Linux 5.14 */
#define PR_SCHED_CORE                    62
#define PR_SCHED_CORE_GET                0
#define PR_SCHED_CORE_CREATE             1
#define PR_SCHED_CORE_SCOPE_THREAD       0
#define PR_SCHED_CORE_SCOPE_THREAD_GROUP 1
#endif
#ifndef PR_SET_MDWE /* linux/prctl.h of Linux 6.3 */
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#define PR_GET_MDWE              66
#endif

#ifndef MFD_NOEXEC_SEAL /* linux/memfd.h of Linux 6.3 */
#define MFD_NOEXEC_SEAL 8u
#endif
#ifndef PR_SET_MEMORY_MERGE /* linux/prctl.h of Linux 6.4 */
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

/* open_tree(2), move_mount(2), mount_setattr(2): linux/mount.h of Linux 5.12 */
#define TREE_CLONE             1u        /* OPEN_TREE_CLONE */
#define TREE_CLOEXEC           0x80000u  /* OPEN_TREE_CLOEXEC */
#define TREE_RECURSIVE         0x8000u   /* AT_RECURSIVE */
#define TREE_ATTR_RDONLY       1u        /* MOUNT_ATTR_RDONLY */
#define TREE_ATTR_NOSUID       2u        /* MOUNT_ATTR_NOSUID */
#define TREE_ATTR_NODEV        4u        /* MOUNT_ATTR_NODEV */
#define TREE_ATTR_NOEXEC       8u        /* MOUNT_ATTR_NOEXEC */
#define TREE_ATTR_NOSYMFOLLOW  0x200000u /* MOUNT_ATTR_NOSYMFOLLOW, of Linux 5.14 */
#define TREE_MOVE_F_EMPTY_PATH 4u        /* MOVE_MOUNT_F_EMPTY_PATH */

struct tree_attributes { /* struct mount_attr */
    uint64_t set, clear, propagation, user_namespace;
};

#endif
