/* The virtual machine: guest memory from guest-physical 0 on, and one vCPU. */
#ifndef SPARKLER_VMM_MACHINE_H
#define SPARKLER_VMM_MACHINE_H

#include "config.h"

#include <stdbool.h>

#define MACHINE_PAGE 4096ull

/* A guest-physical address. Only machine_ram() makes a pointer of it. */
struct guest_address {
    uint64_t value;
};

struct machine {
    uint8_t *memory;      /* the guest's memory, shared with it: first what lies below the hole */
    uint64_t memory_size; /* bytes */
    struct kvm_run *run;  /* shared with KVM: why KVM_RUN returned, and the data of an I/O */
    bool has_sync_regs;   /* KVM can leave the registers in run->s.regs */
    struct kvm_coalesced_mmio_ring *ring; /* shared with KVM, or NULL if it cannot coalesce */
};

/* The registers with which the vCPU starts. */
struct cpu_state {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
};

/*
 * Makes the machine from VMM_FD_KVM, VMM_FD_MEMORY and the configuration: VMM_FD_VM with its
 * memory, VMM_FD_VCPU with the CPUID leaves that the jailer sends. Ends the program with status 1
 * when KVM refuses, or the limit of locked memory (RLIMIT_MEMLOCK) does.
 */
void machine_create(struct machine *machine, const struct config *config);

/* Adds a memory slot of whole pages at a guest-physical address, with KVM's flags. Ends the program
 * with status 1 when KVM refuses. */
void machine_add_slot(uint64_t address, const void *bytes, uint64_t size, uint32_t flags);

/* The host's view of `size` bytes of the guest's memory; NULL if they are not wholly in one range
 * of it. */
void *machine_ram(const struct machine *machine, struct guest_address from, uint64_t size);

/* The registers as KVM's reset left them: real mode at the firmware's place. */
void machine_reset_state(struct cpu_state *state);

/* Lets the vCPU start with these registers. */
void machine_start(const struct cpu_state *state);

#endif
