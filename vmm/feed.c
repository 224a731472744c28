/* The feed ports: see feed.h. Only the broker knows what a port is about. */
#include "feed.h"

#include <string.h>

static bool serves(uint16_t port)
{
    return wire_port_index(port) >= 0;
}

static void read_text(struct feed_port *feed, struct broker *broker, uint16_t port, uint8_t *bytes,
                      size_t count)
{
    if (!feed->fetched) {
        broker_ask(broker, port, &feed->frame);
        feed->next = 0;
        feed->fetched = true;
    }

    size_t left = feed->frame.reply.length - feed->next;
    size_t taken = count < left ? count : left;

    memcpy(bytes, feed->frame.reply.text + feed->next, taken);
    memset(bytes + taken, 0, count - taken);
    feed->next += taken;
    if (taken < count) /* the guest has read the NUL */
        feed->fetched = false;
}

static enum run_end in(void *state, const struct access *access)
{
    struct feed_ports *feeds = state;
    struct feed_port *feed = &feeds->ports[wire_port_index(access->port)];

    read_text(feed, &feeds->broker, access->port, access->data, access->count);
    access_widen(access);
    return RUN_GOES_ON;
}

const struct device_operations feed_device = {.serves = serves, .in = in};
