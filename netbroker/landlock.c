/* Landlock, which reaches what seccomp cannot: the port of a connection, the path of a file. */
#include "landlock.h"

#include <err.h>
#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface of ABI 6, from include/uapi/linux/landlock.h of Linux 6.12: the headers of
 * Debian 12 describe ABI 2. */
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* from ABI 4 */
    uint64_t scoped;             /* from ABI 6 */
};

struct port_rule {
    uint64_t allowed_access;
    uint64_t port;
};

#define FS_ALL          ((UINT64_C(1) << 13) - 1) /* ABI 1: execute … make_sym */
#define FS_REFER        (UINT64_C(1) << 13)       /* ABI 2 */
#define FS_TRUNCATE     (UINT64_C(1) << 14)       /* ABI 3 */
#define FS_IOCTL_DEV    (UINT64_C(1) << 15)       /* ABI 5 */
#define NET_BIND_TCP    (UINT64_C(1) << 0)        /* ABI 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)        /* ABI 4 */
#define SCOPED_ABSTRACT (UINT64_C(1) << 0)        /* ABI 6 */
#define RULE_NET_PORT   2

/* Signals are left to the jail's own scope: one of the broker's would keep the kernel from ending
 * the resolver with it (PR_SET_PDEATHSIG). */
static struct ruleset what_the_kernel_knows(long abi)
{
    return (struct ruleset){
        .handled_access_fs = FS_ALL | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
                             (abi >= 5 ? FS_IOCTL_DEV : 0),
        .handled_access_net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
        .scoped = abi >= 6 ? SCOPED_ABSTRACT : 0,
    };
}

void landlock_confine(const uint16_t *ports, size_t count, enum landlock_files files)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
        return;
    struct ruleset ruleset = what_the_kernel_knows(abi);
    size_t size = abi >= 6 ? sizeof(ruleset) : abi >= 4 ? 16 : 8;

    if (files == LANDLOCK_MAY_READ)
        ruleset.handled_access_fs &=
            ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
    if (fd < 0)
        err(1, "cannot make a Landlock ruleset");
    for (size_t i = 0; abi >= 4 && i < count; i++) {
        struct port_rule rule = {.allowed_access = NET_CONNECT_TCP, .port = ports[i]};

        if (syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &rule, 0) != 0)
            err(1, "cannot allow TCP port %u by Landlock", ports[i]);
    }
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        err(1, "cannot confine the process by Landlock");
    close(fd);
}
