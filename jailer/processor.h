/* Hides parts of the host's processor from a guest. */
#ifndef SPARKLER_PROCESSOR_H
#define SPARKLER_PROCESSOR_H

#include <linux/kvm.h>
#include <stdint.h>

/*
 * Clears in the CPUID leaves that KVM supports whatever would have KVM do more than a guest needs:
 * nested virtualization (VMX, SVM), enclaves (SGX), performance counters, KVM's own features.
 */
void processor_restrict(struct kvm_cpuid_entry2 *leaves, uint32_t count);

#endif
