/* The feed devices: the latest tweet, weather, air quality, and what a user's feeds file adds. */
#include "feed.h"

#include <string.h>

struct feed *feed_at(struct feed feeds[WIRE_FEEDS], uint16_t port)
{
    int index = wire_feed_index(port);

    return index < 0 ? NULL : &feeds[index];
}

void feed_read(struct feed *feed, struct broker *broker, uint16_t port, uint8_t *bytes,
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
    if (taken < count) /* the guest has seen the NUL */
        feed->fetched = false;
}
