/* The feed ports: see feed.h. Only the broker knows what a port is about. */
#include "feed.h"

#include <stdio.h>
#include <string.h>

static bool serves(uint16_t port)
{
    return wire_port_index(port) >= 0;
}

/* Leaves a message in the place of a text. */
static void say(struct feed_port *feed, const char *message)
{
    feed->length =
        (size_t)snprintf(feed->frame.reply.piece, sizeof(feed->frame.reply.piece), "%s", message);
}

/* The argument is used up by asking: a question is only asked again if it is written again. */
static void fetch_text(struct feed_port *feed, struct broker *broker, uint16_t port)
{
    const struct question question = {
        .port = port, .argument = feed->argument, .argument_length = feed->argument_length};

    if (feed->too_long) {
        say(feed, "[denied: the argument is too long]");
    } else {
        broker_ask(broker, &question, &feed->frame);
        feed->length = wire_piece_length(&feed->frame.reply);
        if (feed->frame.reply.kind != WIRE_TEXT)
            say(feed, "[feeds: the answer is not text but bytes, for Linux programs only]");
    }
    if (feed->length > FEED_TEXT_MAX)
        feed->length = FEED_TEXT_MAX;
    feed->argument_length = 0;
    feed->too_long = false;
    feed->next = 0;
    feed->fetched = true;
}

static void read_text(struct feed_port *feed, struct broker *broker, uint16_t port, uint8_t *bytes,
                      size_t count)
{
    if (!feed->fetched)
        fetch_text(feed, broker, port);

    size_t left = feed->length - feed->next;
    size_t taken = count < left ? count : left;

    memcpy(bytes, feed->frame.reply.piece + feed->next, taken);
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

static enum run_end out(void *state, const struct access *access)
{
    struct feed_ports *feeds = state;
    struct feed_port *feed = &feeds->ports[wire_port_index(access->port)];

    access_narrow(access);
    feed->fetched = false;
    feed->too_long |= access->count > sizeof(feed->argument) - feed->argument_length;
    if (feed->too_long)
        return RUN_GOES_ON;
    memcpy(feed->argument + feed->argument_length, access->data, access->count);
    feed->argument_length += access->count;
    return RUN_GOES_ON;
}

const struct device_operations feed_device = {.serves = serves, .in = in, .out = out};
