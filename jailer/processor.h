/* What of the host's processor a guest does not see. */
#ifndef SPARKLER_PROCESSOR_H
#define SPARKLER_PROCESSOR_H

#include <linux/kvm.h>
#include <stdint.h>

/*
 * Takes out of the CPUID leaves that KVM supports what no guest here needs and what would widen
 * what KVM does for it: virtualization of its own (VMX, SVM), enclaves (SGX), performance counters,
 * and the features of KVM itself.
 */
void processor_restrict(struct kvm_cpuid_entry2 *leaves, uint32_t count);

#endif
