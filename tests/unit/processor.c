/* What of a processor that has everything a guest sees. */
#include "jailer/processor.h"

#include "tap.h"

#include <string.h>

/* What is left of a leaf with all bits set. */
static struct kvm_cpuid_entry2 left(uint32_t function, uint32_t index)
{
    struct kvm_cpuid_entry2 leaves[3] = {
        {.function = 0x2, .eax = ~0u, .ebx = ~0u, .ecx = ~0u, .edx = ~0u},
        {function, index, .eax = ~0u, .ebx = ~0u, .ecx = ~0u, .edx = ~0u},
        {function, index, .eax = ~0u, .ebx = ~0u, .ecx = ~0u, .edx = ~0u},
    };

    processor_restrict(leaves, 2);
    ok(leaves[0].eax == ~0u && leaves[0].ebx == ~0u && leaves[0].ecx == ~0u &&
           leaves[0].edx == ~0u && leaves[2].eax == ~0u && leaves[2].edx == ~0u,
       "leaf 0x%x: no other is changed, and none behind the last", function);
    return leaves[1];
}

static void expect(uint32_t function, uint32_t index, uint32_t eax, uint32_t ebx, uint32_t ecx,
                   uint32_t edx, const char *what)
{
    const struct kvm_cpuid_entry2 leaf = left(function, index);

    ok(leaf.eax == eax && leaf.ebx == ebx && leaf.ecx == ecx && leaf.edx == edx, "leaf 0x%x.%u: %s",
       function, index, what);
    ok(leaf.function == function && leaf.index == index, "it is still that leaf");
}

int main(void)
{
    expect(0x1, 0, ~0u, ~0u, 0xffff7fcb, 0xffdfffff, "no VMX, no counters");
    expect(0x7, 0, ~0u, 0xfffffffb, 0xbfffffff, 0xfff7fffd, "no SGX, no LBR");
    expect(0x7, 1, ~0u, ~0u, ~0u, ~0u, "another subleaf stays");
    expect(0xa, 0, 0, 0, 0, 0, "no counters of Intel's");
    expect(0x12, 0, 0, 0, 0, 0, "no SGX");
    expect(0x12, 2, 0, 0, 0, 0, "nor places for enclaves");
    expect(0x1c, 0, 0, 0, 0, 0, "no LBR");
    expect(0x23, 1, 0, 0, 0, 0, "no counters of Intel's, extended");
    expect(0x40000000, 0, ~0u, ~0u, ~0u, ~0u, "KVM's name stays");
    expect(0x40000001, 0, 0, 0, 0, 0, "no features of KVM's");
    expect(0x80000001, 0, ~0u, ~0u, 0xee7febfb, ~0u, "no SVM, no counters");
    expect(0x8000000a, 0, 0, 0, 0, 0, "no features of SVM");
    expect(0x8000001b, 0, 0, 0, 0, 0, "no IBS");
    expect(0x80000022, 0, 0, 0, 0, 0, "no counters of AMD's, extended");
    expect(0x80000002, 0, ~0u, ~0u, ~0u, ~0u, "the brand stays");
    return done();
}
