/* Filters that allow every system call, for a jailer whose other locks are tested by themselves. */
#include "policy/runtime/policy.h"

#include <linux/seccomp.h>

static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

const struct policy policy_vmm_boot = {.name = "vmm-boot", .length = 1, .filter = allow};
const struct policy policy_warden = {.name = "warden", .length = 1, .filter = allow};
