/*
 * The last two locks: no descriptor but the listed ones, each at its fixed number (policy/fds.h),
 * and the seccomp filter that is bound to these numbers.
 */
#include "jail.h"

#include "policy/fds.h"
#include "policy/policy.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

/* Above every number that a descriptor is moved to, so that no move overwrites another's source;
 * below the limit of open files. */
#define PARKED 32
_Static_assert(JAIL_FDS_MAX <= PARKED && PARKED + JAIL_FDS_MAX <= FD_PROGRAM, "room to park");

static void arrange_descriptors(struct jail *jail)
{
    int program = -1;

    for (unsigned i = 0; i < jail->fd_count; i++) {
        if (jail->fds[i] < 0)
            continue;
        jail->fds[i] = fcntl(jail->fds[i], F_DUPFD_CLOEXEC, PARKED);
        if (jail->fds[i] < 0)
            err(1, "cannot move a descriptor");
    }
    if (jail->program >= 0 && (program = fcntl(jail->program, F_DUPFD_CLOEXEC, PARKED)) < 0)
        err(1, "cannot move a descriptor");
    for (unsigned i = 0; i < jail->fd_count; i++)
        if (jail->fds[i] < 0)
            close((int)i);
        else if (dup2(jail->fds[i], (int)i) < 0)
            err(1, "cannot move a descriptor to %u", i);
    if (program >= 0 && dup3(program, FD_PROGRAM, O_CLOEXEC) < 0)
        err(1, "cannot move a descriptor to %d", FD_PROGRAM);
    if (close_range(jail->fd_count, FD_PROGRAM - 1, 0) != 0 ||
        close_range(program >= 0 ? FD_PROGRAM + 1 : FD_PROGRAM, ~0u, 0) != 0)
        err(1, "cannot close all other descriptors");
}

static void install_filter(struct jail *jail)
{
    policy_install(jail->role == VMM       ? &policy_vmm_boot
                   : jail->role == BROKER  ? &policy_warden
                   : jail->role == JANITOR ? &policy_janitor
                                           : &policy_supervisor);
}

const struct lock lock_descriptors = {
    .name = "descriptors",
    .what = "no descriptor and no environment but what is listed in policy/fds.h",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = arrange_descriptors,
};

const struct lock lock_seccomp = {
    .name = "seccomp",
    .what = "no system call but those of vmm-boot, then vmm; warden, then netbroker; supervisor",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = install_filter,
};
