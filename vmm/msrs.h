/* Which machine-specific registers a guest may use. */
#ifndef SPARKLER_VMM_MSRS_H
#define SPARKLER_VMM_MSRS_H

#include <linux/kvm.h>

/* For KVM_X86_SET_MSR_FILTER. RDMSR and WRMSR of any other register are a general protection fault
 * in the guest, as they are for a register that the processor does not have. */
extern const struct kvm_msr_filter msr_filter;

#endif
