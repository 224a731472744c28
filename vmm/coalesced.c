/* Coalesced port I/O: see coalesced.h, and Documentation/virt/kvm/api.rst, 4.116. */
#include "coalesced.h"

#include "policy/fds.h"

#include <err.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#define PAGE_SIZE   4096u /* for KVM_COALESCED_MMIO_MAX */
#define INTERVAL_US 10000

static void wake(int signal)
{
    (void)signal; /* KVM_RUN returns with EINTR, that is all */
}

void coalesced_open(void)
{
    const struct sigaction action = {.sa_handler = wake};

    if (sigaction(SIGALRM, &action, NULL) != 0)
        err(1, "cannot take the timer's signal");
}

static void set_timer(long interval)
{
    const struct itimerval timer = {
        .it_interval.tv_usec = interval,
        .it_value.tv_usec = interval,
    };

    setitimer(ITIMER_REAL, &timer, NULL);
}

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
        set_timer(INTERVAL_US);
}

void coalesced_pause(const struct coalesced *coalesced)
{
    if (coalesced->started)
        set_timer(0);
}
