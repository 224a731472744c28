/* The stack of a new program. */
#ifndef LINUX_STACK_H
#define LINUX_STACK_H

#include "elf.h"
#include "program.h"

struct start {
    const struct elf *elf;
    struct elf_place program, interpreter; /* the latter's bias is 0 where there is none */
    uint64_t vdso;
    bool is_secure; /* it has more than its caller: AT_SECURE */
    const char *path;
    const struct strings *arguments, *environment;
};

/* Makes the stack of the running process' space, and writes what a program finds on it. Where RSP
 * then is; -E2BIG or -ENOMEM. */
long stack_make(struct space *space, const struct start *start);

#endif
