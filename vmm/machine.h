/* The virtual machine: memory from guest-physical address 0, and one vCPU. */
#ifndef SPARKLER_VMM_MACHINE_H
#define SPARKLER_VMM_MACHINE_H

#include "config.h"

#include <stdbool.h>

#define MACHINE_PAGE 4096ull

/* A guest-physical address. Only machine_ram() turns one into a pointer. */
struct guest_address {
    uint64_t value;
};

struct machine {
    uint8_t *memory;      /* the guest's memory: first what is below the hole, then what is above */
    uint64_t memory_size; /* bytes */
    struct kvm_run *run;  /* shared with KVM: why KVM_RUN returned, and the data of an I/O */
    bool has_sync_regs;   /* KVM can store the registers in run->s.regs */
    struct kvm_coalesced_mmio_ring *ring; /* shared with KVM, or NULL if it cannot coalesce */
};

/* A vCPU's registers. */
struct cpu_state {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
};

/*
 * Creates the machine from VMM_FD_KVM and the configuration: VMM_FD_VM with its
 * memory, VMM_FD_VCPU with the CPUID leaves that the jailer sends. Exits by err(3) when KVM
 * refuses, or when locked memory exceeds RLIMIT_MEMLOCK.
 */
void machine_create(struct machine *machine, const struct config *config);

/*
 * Returns anonymous memory for a slot, or NULL. It begins on a boundary of huge pages, which a
 * guest can have only where they begin in its memory and in ours alike; `huge` asks for them: for a
 * Linux program, each spares hundreds of faults.
 */
uint8_t *machine_map(uint64_t size, bool huge);

/* Adds a memory slot of whole pages at a guest-physical address, with KVM's flags. Exits by err(3)
 * when KVM refuses. */
void machine_add_slot(uint64_t address, const void *bytes, uint64_t size, uint32_t flags);

/* Returns a pointer to `size` bytes of the guest's memory; NULL unless all of them are below the
 * hole, or all above. */
void *machine_ram(const struct machine *machine, struct guest_address from, uint64_t size);

/* Reads the registers as they are after KVM's reset: real mode, at the address of firmware. */
void machine_reset_state(struct cpu_state *state);

/* Sets the registers with which the vCPU starts. */
void machine_start(const struct cpu_state *state);

#endif
