/* The start of a program. */
#ifndef LINUX_PROGRAM_H
#define LINUX_PROGRAM_H

#include "vfs.h"

#include <stddef.h>
#include <stdint.h>

/* Arguments or environment: strings one behind the other, each with its NUL. */
struct strings {
    const char *bytes;
    size_t size;
    unsigned count;
};

/*
 * Makes the running process one that runs `file`: a new address space, a new stack, registers. `path` is
 * what the program is told its file's name is. On failure -errno, and the process is as it was, or
 * -EIO where it is lost.
 */
int program_start(struct file *file, const char *path, const struct strings *arguments,
                  const struct strings *environment);

#endif
