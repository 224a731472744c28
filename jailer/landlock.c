/*
 * Landlock (landlock(7), the kernel's userspace-api/landlock.rst): a second wall behind namespaces
 * and seccomp, as far as the running kernel's ABI goes.
 */
#include "jail.h"

#include "policy/fds.h"
#include "policy/runtime/landlock_abi.h"

#include <err.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *landlock_missing(const struct jail *jail)
{
    (void)jail;
    return landlock_abi() < 1 ? "not enabled in this kernel (lsm=landlock)" : NULL;
}

/* Does not count what later ABIs handle of files: no jail has a writable file system, the packer's
 * but one file. */
static const char *landlock_incomplete(const struct jail *jail)
{
    int abi = landlock_abi();

    (void)jail;
    if (abi < 4)
        return "needs Linux 6.7 for TCP ports, 6.12 for signals and abstract sockets";
    return abi < 6 ? "needs Linux 6.12 for signals and abstract sockets" : NULL;
}

/* What is denied unless a rule allows it. */
static struct landlock_ruleset handled(const struct jail *jail, int abi)
{
    struct landlock_ruleset ruleset = {.handled_access_fs = landlock_all_file_accesses(abi)};

    /* the broker itself forbids all connections but those to its feeds' ports */
    if (abi >= 4)
        ruleset.handled_access_net =
            jail->role == BROKER ? LANDLOCK_TCP_BIND : LANDLOCK_TCP_BIND | LANDLOCK_TCP_CONNECT;
    /* the supervisor has to signal processes outside its own domain */
    if (abi >= 6)
        ruleset.scoped = jail->role == SUPERVISOR ? LANDLOCK_ABSTRACT_UNIX_SOCKET
                                                  : LANDLOCK_ABSTRACT_UNIX_SOCKET | LANDLOCK_SIGNAL;
    return ruleset;
}

static void allow(int ruleset, int beneath, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = beneath};

    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        err(1, "cannot add a Landlock rule");
}

static void allow_path(int ruleset, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        err(1, "cannot open %s of the jail", path);
    allow(ruleset, fd, access);
    close(fd);
}

static void restrict_self(struct jail *jail)
{
    int abi = landlock_abi();
    struct landlock_ruleset attributes = handled(jail, abi);
    int ruleset = landlock_create(&attributes, abi);

    if (jail->program >= 0)
        allow(ruleset, jail->program, LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE);
    if (jail->role & (BROKER | PACKER))
        allow_path(ruleset, "/",
                   LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                       LANDLOCK_ACCESS_FS_READ_DIR);
    if (jail->role == PACKER)
        allow_path(ruleset, JAIL_IMAGE,
                   LANDLOCK_ACCESS_FS_WRITE_FILE | (abi >= 3 ? LANDLOCK_TRUNCATE : 0));
    if (jail->role == DIGESTER && jail->tree->path)
        allow_path(ruleset, JAIL_TREE, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    if (jail->role & (SUPERVISOR | JANITOR))
        for (int fd = SUPERVISOR_FD_CGROUPS; fd <= SUPERVISOR_FD_CGROUP_V2; fd++)
            if (jail->fds[fd] >= 0)
                allow(ruleset, jail->fds[fd], LANDLOCK_ACCESS_FS_REMOVE_DIR);
    if (jail->role == SUPERVISOR && jail->fds[SUPERVISOR_FD_STATUS] >= 0)
        allow(ruleset, jail->fds[SUPERVISOR_FD_STATUS],
              LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
    landlock_enter(ruleset);
}

const struct lock lock_landlock = {
    .name = "landlock",
    .what = "no file, TCP port, signal, abstract socket",
    .roles = EVERY_ROLE,
    .missing = landlock_missing,
    .incomplete = landlock_incomplete,
    .close = restrict_self,
};
