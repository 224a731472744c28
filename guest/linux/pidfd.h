/* Processes as files (pidfd.c). */
#ifndef LINUX_PIDFD_H
#define LINUX_PIDFD_H

#include <stdbool.h>

/* The process of a descriptor, and whether waiting for it must not block; or -EBADF. */
int pidfd_process(int fd, bool *is_nonblocking);

#endif
