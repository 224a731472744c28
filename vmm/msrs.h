/* Which machine-specific registers (MSRs) a guest may use. */
#ifndef SPARKLER_VMM_MSRS_H
#define SPARKLER_VMM_MSRS_H

#include <linux/kvm.h>

/* For KVM_X86_SET_MSR_FILTER. RDMSR and WRMSR of any other register raise a general protection
 * fault in the guest, as if the processor did not have it. */
extern const struct kvm_msr_filter msr_filter;

#endif
