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

/* A file that may be executed, by a path of the kernel's. */
int program_open(const char *path, struct file **file);

/*
 * Makes the running process one that runs `file`: a new address space, a new stack, registers.
 * `path` is what the program is told its file's name is. On failure -errno; *is_lost where the
 * process cannot go on with its old program, either.
 */
int program_start(struct file *file, const char *path, const struct strings *arguments,
                  const struct strings *environment, bool *is_lost);

#endif
