/*
 * Coalesced port I/O (KVM_CAP_COALESCED_PIO): for a talkative guest, KVM gathers OUTs to one port
 * in a ring and the guest runs on; one exit is left of some 170. The ring is emptied at each exit,
 * and a timer makes one at least every 10 ms. It pays from about 2,000 bytes on, since a VM that
 * has used it takes 13 ms longer to end; so it is started by the number of bytes.
 */
#ifndef SPARKLER_VMM_COALESCED_H
#define SPARKLER_VMM_COALESCED_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coalesced {
    struct kvm_coalesced_mmio_ring *ring; /* shared with KVM, or NULL if KVM cannot coalesce */
    bool started;
};

/* From now on, OUTs of one byte to `port` go to the ring. False if KVM does not want to. */
bool coalesced_start(struct coalesced *coalesced, uint16_t port);

/* Takes up to `max` bytes out of the ring; 0 when it is empty. */
size_t coalesced_take(const struct coalesced *coalesced, uint8_t *bytes, size_t max);

/* The timer runs while the guest does, and stands still while a device waits. */
void coalesced_resume(const struct coalesced *coalesced);
void coalesced_pause(const struct coalesced *coalesced);

#endif
