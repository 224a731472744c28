/*
 * Landlock's interface up to ABI 6, as in include/uapi/linux/landlock.h of Linux 6.12. The jailer
 * and the broker each build a ruleset of their own from it. Debian 12's header ends at ABI 2, so
 * the constants have names of their own that no newer header takes.
 */
#ifndef SPARKLER_LANDLOCK_ABI_H
#define SPARKLER_LANDLOCK_ABI_H

#include <err.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct landlock_ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4 */
    uint64_t scoped;             /* ABI 6 */
};

struct landlock_tcp_port { /* ABI 4: the rule of type LANDLOCK_TCP_PORT */
    uint64_t allowed_access;
    uint64_t port;
};
#define LANDLOCK_TCP_PORT 2

#define LANDLOCK_TCP_BIND             (UINT64_C(1) << 0)  /* ABI 4 */
#define LANDLOCK_TCP_CONNECT          (UINT64_C(1) << 1)  /* ABI 4 */
#define LANDLOCK_TRUNCATE             (UINT64_C(1) << 14) /* ABI 3 */
#define LANDLOCK_ABSTRACT_UNIX_SOCKET (UINT64_C(1) << 0)  /* ABI 6 */
#define LANDLOCK_SIGNAL               (UINT64_C(1) << 1)  /* ABI 6 */

/* The running kernel's ABI; below 1 without Landlock. */
static inline int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Every access to files that this ABI can deny. */
static inline uint64_t landlock_all_file_accesses(int abi)
{
    uint64_t accesses = (UINT64_C(1) << 13) - 1; /* execute to make_sym */

    if (abi >= 2)
        accesses |= UINT64_C(1) << 13; /* refer */
    if (abi >= 3)
        accesses |= UINT64_C(1) << 14; /* truncate */
    if (abi >= 5)
        accesses |= UINT64_C(1) << 15; /* ioctl_dev */
    return accesses;
}

/* Returns the descriptor of a ruleset that denies all it handles. Ends the program by err(3) if the
 * kernel refuses. */
static inline int landlock_create(const struct landlock_ruleset *ruleset, int abi)
{
    size_t size = offsetof(struct landlock_ruleset, handled_access_net);
    int fd;

    if (abi >= 4)
        size = offsetof(struct landlock_ruleset, scoped);
    if (abi >= 6)
        size = sizeof(*ruleset);
    fd = (int)syscall(SYS_landlock_create_ruleset, ruleset, size, 0);
    if (fd < 0)
        err(1, "cannot make a Landlock ruleset");
    return fd;
}

/* Enters the ruleset for good and closes it. Ends the program by err(3) if the kernel refuses. */
static inline void landlock_enter(int ruleset)
{
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        err(1, "cannot enter the Landlock domain");
    close(ruleset);
}

#endif
