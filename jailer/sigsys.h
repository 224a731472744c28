/*
 * Which system call a process of the VM was killed for. The process cannot tell any more; the
 * kernel's audit record of it can (type 1326 in the kernel log), which names the call but not its
 * arguments.
 */
#ifndef SPARKLER_SIGSYS_H
#define SPARKLER_SIGSYS_H

#include "log.h"

#include <stdbool.h>
#include <sys/types.h>

/* Records are told from those of other VMs by the user ids, which are root's VMs' own alone. */
struct kernel_log {
    int fd; /* -1 where it may not be read */
    uid_t vmm, broker;
    struct user_log *out;
    const char *told; /* the last program whose death was explained, or NULL */
};

/* Opens the kernel log at its end; returns -1 where this user may not, or has a uid that processes
 * beside the VM have too. */
int kernel_log_open(void);

/* Reads what is new in the log, without waiting, and says why each of the VM's processes that are
 * in it was killed. */
void kernel_log_read(struct kernel_log *log);

/* Whether the death of that program has been explained; waits a moment for the record. */
bool kernel_log_told(struct kernel_log *log, const char *program);

#endif
