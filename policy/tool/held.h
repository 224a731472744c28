/* The filters that the kernel holds for a live process. */
#ifndef SPARKLER_HELD_H
#define SPARKLER_HELD_H

#include <linux/filter.h>
#include <stddef.h>
#include <sys/types.h>

#define HELD_MAX 64

/* The filters in the order of their installation; release them with held_free(). */
struct held {
    size_t count;
    struct sock_fprog filters[HELD_MAX];
};

/*
 * Stops the process while it reads its filters (PTRACE_SECCOMP_GET_FILTER, which needs
 * CAP_SYS_ADMIN). Returns 0, or an errno: EINVAL if the process has no filter, EFBIG if it has more
 * than HELD_MAX, ETIMEDOUT if it has not stopped after two seconds. A system call that it was
 * waiting in continues, except KVM_RUN, which returns EINTR.
 */
int held_read(pid_t pid, struct held *held);
void held_free(struct held *held);

#endif
