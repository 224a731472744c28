/* Locks on files between programs: fcntl(2), by process or by open file, and flock(2). */
#ifndef LINUX_LOCKS_H
#define LINUX_LOCKS_H

#include "vfs.h"

/* F_GETLK, F_SETLK, F_SETLKW and those of open files. */
long locks_control(struct file *file, unsigned command, void *user);

/* A process closes a descriptor; an open file is no more: locks of theirs are gone. */
void locks_close(const struct file *file, const struct files *owner);
void locks_release(const struct file *file);

#endif
