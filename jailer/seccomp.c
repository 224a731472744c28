/* The seccomp filter, bound to the numbers of the descriptors (seccomp(2), policy/). */
#include "jail.h"

#include "policy/runtime/policy.h"

#include <unistd.h>

/* The oldest filter of the process; what it executes installs those that come after. */
static void install_filter(struct jail *jail)
{
    policy_install(policy_find(jail->process->policies[0]));
    /* the guest waits until all but the VMM have come here */
    if (jail->ready >= 0)
        close(JAIL_FD_READY);
}

const struct lock lock_seccomp = {
    .name = "seccomp",
    .what = "no call but those of policy/*.policy",
    .roles = EVERY_ROLE,
    .close = install_filter,
};
