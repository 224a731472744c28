/*
 * The leaves are those of the Intel 64 manual, volume 2, CPUID; the AMD64 manual, volume 3,
 * appendix E; and Linux, Documentation/virt/kvm/x86/cpuid.rst.
 */
#include "processor.h"

#include <stddef.h>

#define ANY    ~0u /* every subleaf */
#define ALL    ~0u /* every bit */
#define BIT(n) (1u << (n))
#define WHOLE(function)                                                                            \
    {                                                                                              \
        (function), ANY, ALL, ALL, ALL, ALL                                                        \
    }

static const struct {
    uint32_t function, index, eax, ebx, ecx, edx;
} hidden[] = {
    /* VMX; DTES64, DS_CPL, PDCM and DS, which belong to the counters */
    {0x1, 0, .ecx = BIT(5) | BIT(2) | BIT(4) | BIT(15), .edx = BIT(21)},
    /* SGX, SGX_LC, SGX_KEYS; architectural LBR */
    {0x7, 0, .ebx = BIT(2), .ecx = BIT(30), .edx = BIT(1) | BIT(19)},
    WHOLE(0xa),        /* Intel's counters */
    WHOLE(0x12),       /* SGX */
    WHOLE(0x1c),       /* architectural LBR */
    WHOLE(0x23),       /* Intel's counters, extended */
    WHOLE(0x40000001), /* KVM: its clock, the stolen time, page faults of the host, … */
    /* SVM, SKINIT; IBS, and the counters of core, northbridge and cache */
    {0x80000001, 0, .ecx = BIT(2) | BIT(12) | BIT(10) | BIT(23) | BIT(24) | BIT(28)},
    WHOLE(0x8000000a), /* SVM */
    WHOLE(0x8000001b), /* IBS */
    WHOLE(0x80000022), /* AMD's counters, extended */
};

void processor_restrict(struct kvm_cpuid_entry2 *leaves, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof(hidden) / sizeof(hidden[0]); j++) {
            struct kvm_cpuid_entry2 *leaf = &leaves[i];

            if (hidden[j].function != leaf->function ||
                (hidden[j].index != ANY && hidden[j].index != leaf->index))
                continue;
            leaf->eax &= ~hidden[j].eax;
            leaf->ebx &= ~hidden[j].ebx;
            leaf->ecx &= ~hidden[j].ecx;
            leaf->edx &= ~hidden[j].edx;
        }
}
