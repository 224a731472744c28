/* The seccomp filter, bound to the numbers of the descriptors (seccomp(2), policy/). */
#include "jail.h"

#include "policy/runtime/policy.h"

#include <errno.h>
#include <poll.h>

/* Returns, too, if the jailer has ended instead. */
static void await_configuration(void)
{
    struct pollfd pipe = {.fd = VMM_FD_CONFIG, .events = POLLIN};

    while (poll(&pipe, 1, -1) < 0 && errno == EINTR)
        continue;
}

/* The oldest filter of the process; what it executes installs those that come after. Once the VMM
 * is told its configuration, the supervisor hears from the kernel whom a filter has killed. */
static void install_filter(struct jail *jail)
{
    if (jail->role == VMM)
        await_configuration();
    policy_install(policy_find(jail->process->policies[0]));
}

const struct lock lock_seccomp = {
    .name = "seccomp",
    .what = "no call but those of policy/*.policy",
    .roles = EVERY_ROLE,
    .close = install_filter,
};
