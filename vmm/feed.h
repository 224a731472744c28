/* A feed device: a port that reads, byte by byte, a text that the network broker fetched. */
#ifndef SPARKLER_VMM_FEED_H
#define SPARKLER_VMM_FEED_H

#include "broker.h"

#include <stdbool.h>
#include <stddef.h>

/* A port's own place in its own text. All zero at first. */
struct feed {
    bool fetched; /* frame holds a text that was not yet read to its end */
    size_t next;  /* the byte of it that comes next */
    struct broker_frame frame;
};

/* The feed of a port, or NULL. What it is about, only the broker knows. */
struct feed *feed_at(struct feed feeds[WIRE_FEEDS], uint16_t port);

/*
 * Reads the next `count` bytes of the feed's text: it is fetched before the first one, ends with
 * NUL, and the bytes behind that are NUL too. The read after that starts over.
 */
void feed_read(struct feed *feed, struct broker *broker, uint16_t port, uint8_t *bytes,
               size_t count);

#endif
