/* What poll(2), select(2) and epoll(7) have in common (poll.c). */
#ifndef LINUX_POLL_H
#define LINUX_POLL_H

#include "vfs.h"

unsigned poll_file(struct file *file); /* POLLIN, POLLOUT…, as they are now */

/* The end of a time that begins now; of a timespec of the program's, NULL of which is for ever. */
uint64_t poll_deadline(uint64_t nanoseconds);
int poll_deadline_from_user(const void *timeout, uint64_t *deadline);

/* The mask of signals that the program asked for while it waits; NULL changes nothing. */
int poll_swap_mask(const void *user, size_t size);

#endif
