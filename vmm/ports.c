/* Dispatches port I/O to the devices. */
#include "ports.h"

#include "log.h"

#include <string.h>

static const struct device *device_at(const struct ports *ports, uint16_t port)
{
    for (size_t i = 0; i < ports->device_count; i++)
        if (ports->devices[i].operations->serves(port))
            return &ports->devices[i];
    return NULL;
}

/* Logs each port once, and only so many: a guest may try all 65,536. */
static void note_unserved(struct ports *ports, uint16_t port, bool is_read)
{
    for (size_t i = 0; i < ports->noted_count; i++)
        if (ports->noted[i] == port)
            return;
    if (ports->noted_count == NOTED_PORTS_MAX)
        return;

    ports->noted[ports->noted_count++] = port;
    if (is_read)
        log_line("the guest reads port 0x%x, which has no device: it reads as all ones", port);
    else
        log_line("the guest writes port 0x%x, which takes no writes: ignored", port);
    if (ports->noted_count == NOTED_PORTS_MAX)
        log_line("further such ports will not be logged");
}

static enum run_end port_in(struct ports *ports, const struct access *access)
{
    const struct device *device = device_at(ports, access->port);

    if (device && device->operations->in)
        return device->operations->in(device->state, access);
    note_unserved(ports, access->port, true);
    memset(access->data, 0xff, access->size * access->count);
    return RUN_GOES_ON;
}

static enum run_end port_out(struct ports *ports, const struct access *access)
{
    const struct device *device = device_at(ports, access->port);

    if (device && device->operations->out)
        return device->operations->out(device->state, access);
    note_unserved(ports, access->port, false);
    return RUN_GOES_ON;
}

enum run_end ports_access(struct ports *ports, struct kvm_run *run)
{
    const struct access access = {
        .port = run->io.port,
        .size = run->io.size,
        .count = run->io.count,
        .data = (uint8_t *)run + run->io.data_offset,
    };

    return run->io.direction == KVM_EXIT_IO_IN ? port_in(ports, &access) : port_out(ports, &access);
}

void ports_before_run(const struct ports *ports)
{
    for (size_t i = 0; i < ports->device_count; i++) {
        const struct device *device = &ports->devices[i];

        if (device->operations->before_run)
            device->operations->before_run(device->state);
    }
}

enum run_end ports_after_run(const struct ports *ports)
{
    for (size_t i = 0; i < ports->device_count; i++) {
        const struct device *device = &ports->devices[i];
        enum run_end end;

        if (!device->operations->after_run)
            continue;
        end = device->operations->after_run(device->state);
        if (end != RUN_GOES_ON)
            return end;
    }
    return RUN_GOES_ON;
}
