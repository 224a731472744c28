/* The feed ports: each reads, byte by byte, as a text that the network broker has fetched. */
#ifndef SPARKLER_VMM_FEED_H
#define SPARKLER_VMM_FEED_H

#include "broker.h"
#include "device.h"

/* Each port has its own text and its own position in it. */
struct feed_port {
    bool fetched; /* `frame` holds a text that the guest has not read to its end */
    size_t next;  /* offset into the text: the byte that is read next */
    struct broker_frame frame;
};

/* Starts out as all zeros. */
struct feed_ports {
    struct broker broker;
    struct feed_port ports[WIRE_PORTS];
};

/*
 * The state is a struct feed_ports. A text is fetched when its first byte is read and ends with
 * NUL. An access that goes beyond gets NULs for the rest; the next one fetches a new text.
 */
extern const struct device_operations feed_device;

#endif
