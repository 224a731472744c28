/*
 * The names that a policy may use and their values, from this system's headers by
 * policy/tool/constants.sh. Each table ends with a NULL name and is sorted by name.
 */
#ifndef SPARKLER_NAMES_H
#define SPARKLER_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct constant {
    const char *name;
    uint64_t value;
};

extern const struct constant constants[]; /* KVM_RUN, VMM_FD_VCPU, AF_INET, ... */
extern const struct constant errnos[];    /* ENOSYS, ... */
extern const struct constant syscalls[];  /* read, ... with x86-64's numbers */

/* The entry of that name of `length` bytes; NULL if there is none. */
const struct constant *names_find(const struct constant *table, const char *name, size_t length);

/* The table's name that is nearest to it; NULL if none is near enough to suggest. */
const char *names_nearest(const struct constant *table, const char *name, size_t length);

/* The name of an x86-64 system call number; NULL if it has none. */
const char *names_syscall(uint64_t number);

#endif
