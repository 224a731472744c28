/* Port → device. */
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
    for (size_t i = 0; i < ports->device_count; i++)
        if (ports->devices[i].operations->before_run)
            ports->devices[i].operations->before_run(ports->devices[i].state);
}

enum run_end ports_after_run(const struct ports *ports)
{
    enum run_end end = RUN_GOES_ON;

    for (size_t i = 0; i < ports->device_count && end == RUN_GOES_ON; i++)
        if (ports->devices[i].operations->after_run)
            end = ports->devices[i].operations->after_run(ports->devices[i].state);
    return end;
}
