/*
 * Port → device. Every device here deals in characters, one an element: a wider IN gets a
 * character zero-extended, a wider OUT gives the one in its lowest byte. So devices see plain
 * strings, and sizes stay in this file.
 */
#include "ports.h"

#include "log.h"

#include <string.h>

void ports_open(struct ports *ports, struct kvm_coalesced_mmio_ring *ring)
{
    console_open(&ports->console, ring);
    broker_open();
}

/* A guest that tries all 65,536 ports must not fill the host's log. */
static void note_unserved(struct ports *ports, uint16_t port, bool is_read)
{
    for (size_t i = 0; i < ports->noted_count; i++)
        if (ports->noted[i] == port)
            return;
    if (ports->noted_count == NOTED_PORTS_MAX)
        return;

    ports->noted[ports->noted_count++] = port;
    if (is_read)
        log_line("the guest reads port 0x%x, where no device answers: it gets all ones", port);
    else
        log_line("the guest writes port 0x%x, where no device listens: ignored", port);
    if (ports->noted_count == NOTED_PORTS_MAX)
        log_line("more ports of this kind will not be reported");
}

/* From `count` characters at the start of `data` to elements of `size` bytes, zero-extended. */
static void widen(uint8_t *data, size_t size, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        uint8_t character = data[i];
        memset(data + i * size, 0, size);
        data[i * size] = character;
    }
}

/* The lowest byte of each element, packed to the start of `data`. */
static void narrow(uint8_t *data, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++)
        data[i] = data[i * size];
}

static bool port_in(struct ports *ports, uint16_t port, uint8_t *data, size_t size, size_t count)
{
    struct feed *feed = feed_at(ports->feeds, port);

    if (port == CONSOLE_PORT) {
        if (!console_read(data, count))
            return false;
    } else if (feed) {
        feed_read(feed, &ports->broker, port, data, count);
    } else {
        note_unserved(ports, port, true);
        memset(data, 0xff, size * count);
        return true;
    }
    widen(data, size, count);
    return true;
}

static bool port_out(struct ports *ports, uint16_t port, uint8_t *data, size_t size, size_t count)
{
    if (port != CONSOLE_PORT) {
        note_unserved(ports, port, false);
        return true;
    }
    narrow(data, size, count);
    return console_write(&ports->console, data, count);
}

bool ports_access(struct ports *ports, struct kvm_run *run)
{
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    if (run->io.direction == KVM_EXIT_IO_IN)
        return port_in(ports, run->io.port, data, run->io.size, run->io.count);
    return port_out(ports, run->io.port, data, run->io.size, run->io.count);
}
