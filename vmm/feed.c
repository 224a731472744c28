/* The feed devices: the latest tweet, the weather and the air quality of six cities. */
#include "feed.h"

#include <string.h>

#define TWEET_AND_WEATHER_FIRST 0x100
#define TWEET_AND_WEATHER_LAST  0x106
#define AIR_QUALITY_FIRST       0x201
#define AIR_QUALITY_LAST        0x206

#define TWEET_AND_WEATHER_COUNT (TWEET_AND_WEATHER_LAST - TWEET_AND_WEATHER_FIRST + 1)
#define AIR_QUALITY_COUNT       (AIR_QUALITY_LAST - AIR_QUALITY_FIRST + 1)

_Static_assert(FEED_COUNT == TWEET_AND_WEATHER_COUNT + AIR_QUALITY_COUNT, "one feed a port");

struct feed *feed_at(struct feed feeds[FEED_COUNT], uint16_t port)
{
    if (port >= TWEET_AND_WEATHER_FIRST && port <= TWEET_AND_WEATHER_LAST)
        return &feeds[port - TWEET_AND_WEATHER_FIRST];
    if (port >= AIR_QUALITY_FIRST && port <= AIR_QUALITY_LAST)
        return &feeds[TWEET_AND_WEATHER_COUNT + port - AIR_QUALITY_FIRST];
    return NULL;
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
