/*
 * The feed ports of flat guests. Each reads, byte by byte, as a text that the network broker has
 * fetched; what is written to it before is the argument of a question.
 */
#ifndef SPARKLER_VMM_FEED_H
#define SPARKLER_VMM_FEED_H

#include "broker.h"
#include "device.h"

#define FEED_TEXT_MAX 8191u /* bytes of a text, without its NUL; what is beyond is not read */

/* Each port has its own argument, its own text and its own position in it. */
struct feed_port {
    bool fetched;  /* the guest has begun to read `frame`, but not to its end */
    size_t next;   /* offset into the text: the byte that is read next */
    size_t length; /* of the text */
    bool too_long; /* more was written since than any argument has */
    size_t argument_length;
    char argument[WIRE_ARGUMENT_MAX]; /* what was written */
    struct broker_frame frame;
};

/* Starts out as all zeros. */
struct feed_ports {
    struct broker broker;
    struct feed_port ports[WIRE_PORTS];
};

/*
 * The state is a struct feed_ports. A text is fetched when its first byte is read and ends with
 * NUL. An access that goes beyond gets NULs for the rest; the next one fetches a new text. An OUT
 * while a text is read abandons it, and begins a new argument.
 */
extern const struct device_operations feed_device;

#endif
