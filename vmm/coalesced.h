/*
 * Coalesced port I/O (KVM_CAP_COALESCED_PIO): KVM collects the OUTs to a port in a ring while the
 * guest runs on, so that about 170 of them cost one exit. The ring is drained at every exit; a
 * timer forces one every 10 ms. A VM that has used it takes 13 ms longer to end, so the console
 * starts it only for a talkative guest, after 2,000 bytes.
 */
#ifndef SPARKLER_VMM_COALESCED_H
#define SPARKLER_VMM_COALESCED_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coalesced {
    struct kvm_coalesced_mmio_ring *ring; /* shared with KVM; NULL if KVM cannot coalesce */
    bool started;
};

/* From now on, one-byte OUTs to `port` go to the ring. False if KVM refuses or cannot. */
bool coalesced_start(struct coalesced *coalesced, uint16_t port);

/* Moves up to `max` bytes out of the ring; returns how many. */
size_t coalesced_take(const struct coalesced *coalesced, uint8_t *bytes, size_t max);

/* The timer runs only while the guest does, so that it never interrupts a device. */
void coalesced_resume(const struct coalesced *coalesced);
void coalesced_pause(const struct coalesced *coalesced);

#endif
