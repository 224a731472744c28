/*
 * Which system call a process of the VM was killed for, from the kernel's audit record (type 1326
 * in the kernel log), which has the call but not its arguments.
 */
#ifndef SPARKLER_SIGSYS_H
#define SPARKLER_SIGSYS_H

#include "log.h"

#include <stdbool.h>
#include <sys/types.h>

/* Records of other VMs have other user IDs, if root started the VM. */
struct kernel_log {
    int fd; /* -1 where it may not be read */
    uid_t vmm, broker;
    struct user_log *out;
    const char *told; /* the last program whose death was explained, or NULL */
};

/* Opens the kernel log at its end; returns -1 for an ordinary user, whose uid other processes have,
 * too, and where it cannot be read. */
int kernel_log_open(void);

/* Reads new records, without waiting, and logs why each process of the VM among them was killed. */
void kernel_log_read(struct kernel_log *log);

/* Whether the death of the process of that title has been explained; waits half a second for it. */
bool kernel_log_told(struct kernel_log *log, const char *program);

#endif
