/* Hands a compiled policy to the kernel. */
#include "policy/runtime/policy.h"

#include <err.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

void policy_install(const struct policy *policy)
{
    struct sock_fprog program = {
        .len = policy->length,
        .filter = (struct sock_filter *)policy->filter, /* the kernel does not write to it */
    };

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        err(1, "cannot install the seccomp policy '%s'", policy->name);
}
