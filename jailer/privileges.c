/*
 * Drops privileges: the capability bounding set, securebits, IDs and groups, and every capability
 * (capabilities(7), capset(2)). ids.c says which IDs a jail has.
 */
#include "jail.h"

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *skipped_as_user(const struct jail *jail)
{
    return (jail->role & (SUPERVISOR | JANITOR)) && !jail->options->root
               ? "the supervisor keeps them: only root can"
               : NULL;
}

/* Before CAP_SETPCAP goes: so that no execve can bring a capability back. */
static void close_bounds(struct jail *jail)
{
    const int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                     SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    unsigned long capability = 0;

    (void)jail;
    if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0)
        err(1, "cannot lock the securebits");
    while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
        capability++;
    if (errno != EINVAL) /* EINVAL: there is no capability of that number */
        err(1, "cannot empty the capability bounding set");
}

/*
 * Changes to the jail's IDs, which an ordinary user has already, then drops every remaining
 * capability.
 */
static void drop_ids(struct jail *jail)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    if (jail->role == JANITOR)
        janitor_await_cgroups(jail);
    if ((jail->as_root && setgroups(0, NULL) != 0) ||
        setresgid(jail->gid, jail->gid, jail->gid) != 0 ||
        setresuid(jail->uid, jail->euid, jail->uid) != 0)
        err(1, "cannot change to uid %u and gid %u", jail->uid, jail->gid);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, none) != 0)
        err(1, "cannot give up all capabilities");
}

const struct lock lock_capability_bounds = {
    .name = "capability bounds",
    .what = "no capability can ever come back",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .skipped = skipped_as_user,
    .close = close_bounds,
};

const struct lock lock_ids = {
    .name = "ids",
    .what = "own uid and gid, no group, no capability",
    .as_user = "no capability",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = drop_ids,
};
