/* Coalesced port I/O: see coalesced.h, and Documentation/virt/kvm/api.rst, 4.116. */
#include "coalesced.h"

#include "policy/fds.h"
#include "timer.h"

#include <sys/ioctl.h>

#define PAGE_SIZE   4096u /* for KVM_COALESCED_MMIO_MAX */
#define INTERVAL_US 10000

bool coalesced_start(struct coalesced *coalesced, uint16_t port)
{
    struct kvm_coalesced_mmio_zone zone = {.addr = port, .size = 1, .pio = 1};

    if (!coalesced->ring || ioctl(VMM_FD_VM, KVM_REGISTER_COALESCED_MMIO, &zone) != 0)
        return false;
    coalesced->started = true;
    return true;
}

size_t coalesced_take(const struct coalesced *coalesced, uint8_t *bytes, size_t max)
{
    struct kvm_coalesced_mmio_ring *ring = coalesced->ring;
    size_t taken = 0;

    if (!coalesced->started)
        return 0;
    while (ring->first != ring->last && taken < max) {
        bytes[taken++] = ring->coalesced_mmio[ring->first].data[0];
        ring->first = (ring->first + 1) % KVM_COALESCED_MMIO_MAX;
    }
    return taken;
}

void coalesced_resume(const struct coalesced *coalesced)
{
    if (coalesced->started)
        timer_set(INTERVAL_US);
}

void coalesced_pause(const struct coalesced *coalesced)
{
    if (coalesced->started)
        timer_set(0);
}
