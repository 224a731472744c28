/*
 * The last two locks: no descriptor but the listed ones, each at its fixed number (policy/fds.h),
 * and the seccomp filter that is bound to these numbers.
 */
#include "jail.h"
#include "kernel.h"

#include "policy/fds.h"
#include "policy/policy.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

/* Above every number that a descriptor is moved to, so that no move overwrites another's source;
 * below the limit of open files. */
#define PARKED 32
_Static_assert(JAIL_FDS_MAX <= PARKED && PARKED + JAIL_FDS_MAX + 2 <= FD_READY, "room to park");

static int park(int fd)
{
    int parked = -1;

    if (fd >= 0 && (parked = fcntl(fd, F_DUPFD_CLOEXEC, PARKED)) < 0)
        err(1, "cannot move a descriptor");
    return parked;
}

static void place(int parked, int number, int flags)
{
    if (parked < 0)
        close(number);
    else if (dup3(parked, number, flags) < 0)
        err(1, "cannot move a descriptor to %d", number);
}

static void arrange_descriptors(struct jail *jail)
{
    int ready = park(jail->role == VMM ? -1 : jail->start), program = park(jail->program);

    for (unsigned i = 0; i < jail->fd_count; i++)
        jail->fds[i] = park(jail->fds[i]);
    for (unsigned i = 0; i < jail->fd_count; i++)
        place(jail->fds[i], (int)i, 0);
    place(ready, FD_READY, O_CLOEXEC);
    place(program, FD_PROGRAM, O_CLOEXEC);
    if (sys_close_range(jail->fd_count, FD_READY - 1) != 0 ||
        sys_close_range(FD_PROGRAM + 1, ~0u) != 0)
        err(1, "cannot close all other descriptors");
}

static void install_filter(struct jail *jail)
{
    policy_install(jail->role == VMM       ? &policy_vmm_boot
                   : jail->role == BROKER  ? &policy_warden
                   : jail->role == JANITOR ? &policy_janitor
                                           : &policy_supervisor);
    if (jail->role != VMM)
        close(FD_READY); /* the guest waits until all but the VMM have come here */
}

const struct lock lock_descriptors = {
    .name = "descriptors",
    .what = "none but those listed in policy/fds.h",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = arrange_descriptors,
};

const struct lock lock_seccomp = {
    .name = "seccomp",
    .what = "no call but those of policy/*.policy",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = install_filter,
};
