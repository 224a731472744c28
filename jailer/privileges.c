/*
 * Drops privileges: the capability bounding set, securebits, IDs and groups, and every capability
 * (capabilities(7), capset(2)). ids.c says which IDs a jail has. Only what packs a stranger's tree
 * for root keeps one, to read files of any owner: CAP_DAC_READ_SEARCH, ambient, so that it passes
 * to mkfs.erofs.
 */
#include "jail.h"

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_SEARCH (1u << CAP_DAC_READ_SEARCH)

static const char *skipped_as_user(const struct jail *jail)
{
    return (jail->role & (SUPERVISOR | JANITOR)) && !jail->options->root
               ? "the supervisor keeps them: only root can"
               : NULL;
}

static bool keeps_one(const struct jail *jail)
{
    return jail->process->reads_all && jail->as_root;
}

static void set_capabilities(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = effective, .permitted = permitted, .inheritable = inheritable}};

    if (syscall(SYS_capset, &header, sets) != 0)
        err(1, "cannot give up all%s capabilities", inheritable ? " other" : "");
}

/* Before the bounding set is emptied, beyond which nothing becomes inheritable. */
static void make_inheritable(uint32_t capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, sets) != 0)
        err(1, "cannot read the capabilities");
    sets[0].inheritable = capability;
    if (syscall(SYS_capset, &header, sets) != 0)
        err(1, "cannot make CAP_DAC_READ_SEARCH inheritable");
}

/*
 * Before CAP_SETPCAP goes: so that no execve can bring a capability back. Each of 41 drops copies
 * the process's credentials, so the jailer makes them before it starts processes, which inherit
 * them; but not into a user namespace of their own (user_namespaces(7)).
 */
static void close_bounds(struct jail *jail)
{
    static bool closed; /* by this process, or by the one that it is a copy of */
    const int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                     SECBIT_KEEP_CAPS_LOCKED;
    const int none = SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    unsigned long capability = 0;

    if (closed && (jail_clone_flags(jail) & CLONE_NEWUSER) == 0)
        return;
    if (keeps_one(jail))
        make_inheritable(READ_SEARCH);
    if (prctl(PR_SET_SECUREBITS, bits | (keeps_one(jail) ? SECBIT_KEEP_CAPS : none), 0, 0, 0) != 0)
        err(1, "cannot lock the securebits");
    while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
        capability++;
    if (errno != EINVAL) /* EINVAL: there is no capability of that number */
        err(1, "cannot empty the capability bounding set");
    closed = true;
}

/*
 * Changes to the jail's IDs, which an ordinary user has already, then drops every remaining
 * capability.
 */
static void drop_ids(struct jail *jail)
{
    const uint32_t kept = keeps_one(jail) ? READ_SEARCH : 0;

    if (jail->role == JANITOR)
        janitor_await_cgroups(jail);
    if ((jail->as_root && setgroups(0, NULL) != 0) ||
        setresgid(jail->gid, jail->gid, jail->gid) != 0 ||
        setresuid(jail->uid, jail->euid, jail->uid) != 0)
        err(1, "cannot change to uid %u and gid %u", jail->uid, jail->gid);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        err(1, "cannot give up the ambient capabilities");
    set_capabilities(kept, kept, kept);
    if (kept && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) != 0)
        err(1, "cannot keep CAP_DAC_READ_SEARCH");
}

const struct lock lock_capability_bounds = {
    .name = "capability bounds",
    .what = "no capability can ever come back",
    .roles = EVERY_ROLE,
    .skipped = skipped_as_user,
    .close = close_bounds,
};

const struct lock lock_ids = {
    .name = "ids",
    .what = "own uid and gid, no group, no capability",
    .as_user = "no capability",
    .roles = EVERY_ROLE,
    .close = drop_ids,
};
