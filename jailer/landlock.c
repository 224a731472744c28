/*
 * Landlock (landlock(7), the kernel's userspace-api/landlock.rst): a second wall behind namespaces
 * and seccomp, as far as the running kernel's ABI goes.
 */
#include "jail.h"

#include "policy/fds.h"

#include <err.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/landlock.h of Linux 6.12 (ABI 6); Debian 12's header ends at ABI 2. */
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4 */
    uint64_t scoped;             /* ABI 6 */
};
#define FS_ABI1                    ((1ull << 13) - 1)
#define FS_REFER                   (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE                (1ull << 14) /* ABI 3 */
#define FS_IOCTL_DEV               (1ull << 15) /* ABI 5 */
#define NET_BIND_TCP               (1ull << 0)
#define NET_CONNECT_TCP            (1ull << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL               (1ull << 1)

static int abi_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static const char *landlock_missing(const struct jail *jail)
{
    (void)jail;
    return abi_version() < 1 ? "not enabled in this kernel (lsm=landlock)" : NULL;
}

/* What came to files later is left out: no jail has a file system that could be written to. */
static const char *landlock_incomplete(const struct jail *jail)
{
    int abi = abi_version();

    (void)jail;
    return abi >= 6   ? NULL
           : abi >= 4 ? "needs Linux 6.12 for signals and abstract sockets"
                      : "needs Linux 6.7 for TCP ports, 6.12 for signals and abstract sockets";
}

/* What is denied unless a rule allows it. */
static struct ruleset handled(const struct jail *jail, int abi)
{
    struct ruleset ruleset = {.handled_access_fs = FS_ABI1};

    if (abi >= 2)
        ruleset.handled_access_fs |= FS_REFER;
    if (abi >= 3)
        ruleset.handled_access_fs |= FS_TRUNCATE;
    if (abi >= 5)
        ruleset.handled_access_fs |= FS_IOCTL_DEV;
    /* the broker itself forbids all connections but those to its feeds' ports */
    if (abi >= 4)
        ruleset.handled_access_net =
            jail->role == BROKER ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
    /* the supervisor has to signal processes outside its own domain */
    if (abi >= 6)
        ruleset.scoped = jail->role == SUPERVISOR ? SCOPE_ABSTRACT_UNIX_SOCKET
                                                  : SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    return ruleset;
}

static size_t ruleset_size(int abi)
{
    return abi >= 6   ? sizeof(struct ruleset)
           : abi >= 4 ? offsetof(struct ruleset, scoped)
                      : offsetof(struct ruleset, handled_access_net);
}

static void allow(int ruleset, int beneath, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = beneath};

    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        err(1, "cannot add a Landlock rule");
}

static void restrict_self(struct jail *jail)
{
    int abi = abi_version();
    struct ruleset attributes = handled(jail, abi);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, ruleset_size(abi), 0);

    if (ruleset < 0)
        err(1, "cannot make a Landlock ruleset");
    if (jail->program >= 0)
        allow(ruleset, jail->program, LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE);
    if (jail->role == BROKER) {
        int root = open("/", O_PATH | O_CLOEXEC);

        if (root < 0)
            err(1, "cannot open the jail's root");
        allow(ruleset, root,
              LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                  LANDLOCK_ACCESS_FS_READ_DIR);
        close(root);
    }
    if (jail->role & (SUPERVISOR | JANITOR))
        for (int fd = SUPERVISOR_FD_CGROUPS; fd <= SUPERVISOR_FD_CGROUP_V2; fd++)
            if (jail->fds[fd] >= 0)
                allow(ruleset, jail->fds[fd], LANDLOCK_ACCESS_FS_REMOVE_DIR);
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        err(1, "cannot enter the Landlock domain");
    close(ruleset);
}

const struct lock lock_landlock = {
    .name = "landlock",
    .what = "no file, TCP port, signal, abstract socket",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .missing = landlock_missing,
    .incomplete = landlock_incomplete,
    .close = restrict_self,
};
