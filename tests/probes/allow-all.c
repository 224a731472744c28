/* Filters that allow every system call, for programs built with what needs more than the policies
 * allow: sanitizers, and counters of coverage. */
#include "policy/runtime/policy.h"

#include <linux/seccomp.h>

static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

#define ALLOW(policy)                                                                              \
    {                                                                                              \
        .name = policy, .length = 1, .filter = allow                                               \
    }

const struct policy policy_vmm_boot = ALLOW("vmm-boot"), policy_vmm = ALLOW("vmm");
const struct policy policy_vmm_linux = ALLOW("vmm-linux");
const struct policy policy_warden = ALLOW("warden"), policy_netbroker = ALLOW("netbroker");
const struct policy policy_resolver = ALLOW("resolver"), policy_janitor = ALLOW("janitor");
const struct policy policy_supervisor = ALLOW("supervisor");
const struct policy policy_packer = ALLOW("packer"), policy_digester = ALLOW("digester");
