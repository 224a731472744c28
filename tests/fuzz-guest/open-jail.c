/*
 * The locks that AddressSanitizer cannot live in, left open: for the build of jailer and
 * sparkler-vmm with sanitizers alone. It needs its shared libraries (root, Landlock), terabytes of
 * address space (rlimits) and system calls of its own (the policies). All other locks are closed.
 */
#include "jailer/jail.h"
#include "policy/policy.h"

#include <linux/seccomp.h>

const struct lock lock_root = {.name = "root", .what = "left open"};
const struct lock lock_landlock = {.name = "landlock", .what = "left open"};
const struct lock lock_rlimits = {.name = "rlimits", .what = "left open"};

static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

const struct policy policy_vmm_boot = {.name = "allow", .length = 1, .filter = allow};
const struct policy policy_vmm = {.name = "allow", .length = 1, .filter = allow};
const struct policy policy_warden = {.name = "allow", .length = 1, .filter = allow};
const struct policy policy_supervisor = {.name = "allow", .length = 1, .filter = allow};
const struct policy policy_janitor = {.name = "allow", .length = 1, .filter = allow};

/* The environment of a jailed program is empty, so options are given here. Leaks cannot be looked
 * for by a process that may not be traced. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
