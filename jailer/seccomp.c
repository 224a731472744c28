/* The seccomp filter, bound to the numbers of the descriptors (seccomp(2), policy/). */
#include "jail.h"

#include "policy/runtime/policy.h"

/* The oldest filter of the process; what it executes installs those that come after. */
static void install_filter(struct jail *jail)
{
    policy_install(policy_find(jail->process->policies[0]));
}

const struct lock lock_seccomp = {
    .name = "seccomp",
    .what = "no call but those of policy/*.policy",
    .roles = EVERY_ROLE,
    .close = install_filter,
};
