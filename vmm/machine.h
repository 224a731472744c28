/* The virtual machine: guest memory from guest-physical 0 on, and one vCPU. */
#ifndef SPARKLER_VMM_MACHINE_H
#define SPARKLER_VMM_MACHINE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

struct machine {
    uint8_t *memory;      /* the guest's memory, shared with it */
    uint64_t memory_size; /* bytes */
    struct kvm_run *run;  /* shared with KVM: why KVM_RUN returned, and the data of an I/O */
    bool has_sync_regs;   /* KVM can leave the registers in run->s.regs */
    struct kvm_coalesced_mmio_ring *ring; /* shared with KVM, or NULL if it cannot coalesce */
};

/*
 * Makes the machine from FD_KVM and FD_MEMORY: FD_VM with one memory slot, FD_VCPU with the CPUID
 * leaves that KVM supports. Locked memory is taken at the start and never swapped. Ends the
 * program with status 1 when KVM refuses, or the limit of locked memory (RLIMIT_MEMLOCK) does.
 */
void machine_create(struct machine *machine, bool locked);

/* Lets the vCPU start in real mode at CS 0, IP `ip`; its other registers stay as KVM made them. */
void machine_start_at(uint64_t ip);

#endif
