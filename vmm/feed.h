/* The feed devices: ports that read, byte by byte, a text that the network broker fetched. */
#ifndef SPARKLER_VMM_FEED_H
#define SPARKLER_VMM_FEED_H

#include "broker.h"
#include "device.h"

/* A port's own place in its own text. */
struct feed {
    bool fetched; /* frame holds a text that was not yet read to its end */
    size_t next;  /* the byte of it that comes next */
    struct broker_frame frame;
};

/* All zero at first. */
struct feeds {
    struct broker broker;
    struct feed feeds[WIRE_PORTS];
};

/*
 * The state is a struct feeds. A text is fetched before its first byte is read, ends with NUL, and
 * the bytes behind that are NUL for the rest of an access; the one after that starts over.
 */
extern const struct device_operations feeds_device;

#endif
