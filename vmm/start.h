/*
 * The pipe on which a VMM waits for its start (FD_START): first comes which processor its guest
 * has; its end says that all other processes of the VM are confined.
 */
#ifndef SPARKLER_START_H
#define SPARKLER_START_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define CPUID_LEAVES_MAX 256 /* KVM_MAX_CPUID_ENTRIES in Linux, arch/x86/include/asm/kvm_host.h */

/* As KVM_GET_SUPPORTED_CPUID gives it and KVM_SET_CPUID2 takes it (Documentation/virt/kvm/api.rst);
 * no leaves but the first `leaf_count` are sent. */
struct start_message {
    uint32_t leaf_count, padding; /* struct kvm_cpuid2 */
    struct kvm_cpuid_entry2 leaves[CPUID_LEAVES_MAX];
};

_Static_assert(offsetof(struct start_message, leaves) == sizeof(struct kvm_cpuid2), "the layout");
#endif
