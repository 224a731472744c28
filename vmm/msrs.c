/*
 * The MSR filter. What is not listed is denied: KVM's own registers, which make KVM write to the
 * guest's memory; performance counters, debugging, microcode, speculation, power, nested
 * virtualization; and whatever later kernels add.
 */
#include "msrs.h"

#include <stdint.h>

#define READ       KVM_MSR_FILTER_READ
#define READ_WRITE (KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE)

/* One bit for each register of a range, set if it is allowed. The cast below drops `const`; KVM
 * only reads the bitmaps. */
static const uint8_t allowed[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
#define BITMAP (uint8_t *)allowed

/* What an operating system needs to run programs. */
const struct kvm_msr_filter msr_filter = {
    .flags = KVM_MSR_FILTER_DEFAULT_DENY,
    .ranges =
        {
            {READ, 1, 0x10, BITMAP},             /* TSC, which RDTSC reads, too */
            {READ_WRITE, 3, 0x174, BITMAP},      /* SYSENTER_CS, _ESP, _EIP */
            {READ_WRITE, 1, 0x277, BITMAP},      /* PAT */
            {READ_WRITE, 5, 0xc0000080, BITMAP}, /* EFER, STAR, LSTAR, CSTAR, SFMASK */
            {READ_WRITE, 4, 0xc0000100, BITMAP}, /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX */
        },
};
