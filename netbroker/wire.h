/*
 * The link between sparkler-vmm and sparkler-netbroker: a SOCK_SEQPACKET socketpair.
 *
 * The VMM asks by port number; the broker answers with text. Each frame has a fixed size and a
 * version; recv(2) must return exactly that size, every field must fit, or the peer is dropped.
 * Both ends run on one machine, so fields are in host byte order.
 *
 * This is the only header that vmm/ and netbroker/ share; the warden knows a request's port by it.
 */
#ifndef SPARKLER_WIRE_H
#define SPARKLER_WIRE_H

#include <stdint.h>

#define WIRE_VERSION  1u
#define WIRE_TEXT_MAX 8192u /* bytes of text with the NUL that ends it */

struct wire_request {
    uint32_t version;  /* WIRE_VERSION */
    uint32_t sequence; /* chosen by the VMM, one higher with each request */
    uint16_t port;     /* the guest's I/O port */
    uint16_t reserved; /* 0 */
};

struct wire_reply {
    uint32_t version;         /* WIRE_VERSION */
    uint32_t sequence;        /* that of the request */
    uint16_t port;            /* that of the request */
    uint16_t length;          /* strlen(text), at most WIRE_TEXT_MAX - 1 */
    char text[WIRE_TEXT_MAX]; /* printable ASCII and '\n'; all NUL from text[length] on */
};

_Static_assert(sizeof(struct wire_request) == 12, "no padding in a request");
_Static_assert(sizeof(struct wire_reply) == 12 + WIRE_TEXT_MAX, "no padding in a reply");
_Static_assert(WIRE_TEXT_MAX - 1 <= UINT16_MAX, "a length fits its field");

/* The ports that are feeds: those of the guest's contract, and 0x500 to 0x5ff for feeds of a user's
 * own. From 0 to WIRE_FEEDS - 1 for these, in order; -1 for any other port. */
#define WIRE_FEEDS (7 + 6 + 256)
static inline int wire_feed_index(uint16_t port)
{
    if (port >= 0x100 && port <= 0x106) /* tweet, weather of six cities */
        return port - 0x100;
    if (port >= 0x201 && port <= 0x206) /* air quality of six cities */
        return port - 0x201 + 7;
    if (port >= 0x500 && port <= 0x5ff)
        return port - 0x500 + 7 + 6;
    return -1;
}

/* The port of the list of all feeds: a line "0x103 weather/London" for each, in the order of their
 * ports, the second word being the name of its file in a Linux guest. */
#define WIRE_LIST_PORT 0x1ff

/* All ports that the broker answers, the feeds' and that of the list, likewise from 0 to
 * WIRE_PORTS - 1. */
#define WIRE_PORTS (WIRE_FEEDS + 1)
static inline int wire_port_index(uint16_t port)
{
    return port == WIRE_LIST_PORT ? WIRE_FEEDS : wire_feed_index(port);
}

/* The VMM gives up on an answer after this time; the broker answers, with an error text if need
 * be, well before. */
#define WIRE_REPLY_SECONDS 30

#endif
