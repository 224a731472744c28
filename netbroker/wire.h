/*
 * The link between sparkler-vmm and sparkler-netbroker: a SOCK_SEQPACKET socketpair.
 *
 * The VMM sends an I/O port; the broker replies with text. Each frame has a fixed size and a
 * version. If recv(2) returns another size, or a field is not as described here, the peer is
 * dropped. Both ends run on one machine, so fields are in host byte order.
 *
 * vmm/ uses no other header of netbroker/. The warden (jailer/) also includes it, to see which feed
 * a broker died on.
 */
#ifndef SPARKLER_WIRE_H
#define SPARKLER_WIRE_H

#include <stdint.h>

#define WIRE_VERSION      1u
#define WIRE_TEXT_MAX     8192u /* bytes of text, including the NUL at its end */
#define WIRE_ARGUMENT_MAX 1024u /* bytes of a question's argument */

struct wire_request {
    uint32_t version;  /* WIRE_VERSION */
    uint32_t sequence; /* chosen by the VMM; each request adds one */
    uint16_t port;     /* the guest's I/O port */
    uint16_t reserved; /* 0 */
};

struct wire_reply {
    uint32_t version;         /* WIRE_VERSION */
    uint32_t sequence;        /* as in the request */
    uint16_t port;            /* as in the request */
    uint16_t length;          /* strlen(text), at most WIRE_TEXT_MAX - 1 */
    char text[WIRE_TEXT_MAX]; /* printable ASCII and '\n'; all NUL from text[length] on */
};

_Static_assert(sizeof(struct wire_request) == 12, "no padding in a request");
_Static_assert(sizeof(struct wire_reply) == 12 + WIRE_TEXT_MAX, "no padding in a reply");
_Static_assert(WIRE_TEXT_MAX - 1 <= UINT16_MAX, "a length fits its field");

/* The I/O ports of feeds: those of the guest ABI, and 0x500 to 0x5ff for a user's own feeds.
 * wire_feed_index() numbers them from 0 to WIRE_FEEDS - 1, in order; -1 for any other port. */
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

/* The port of the list of feeds: for each a line "0x103 weather/London", its port and its path
 * below /feeds in a Linux guest, in the order of the ports. */
#define WIRE_LIST_PORT 0x1ff

/* All ports that the broker answers: those of feeds, and last that of the list. -1 for any other.
 */
#define WIRE_PORTS (WIRE_FEEDS + 1)
static inline int wire_port_index(uint16_t port)
{
    return port == WIRE_LIST_PORT ? WIRE_FEEDS : wire_feed_index(port);
}

/* How long the VMM waits for a reply. The broker replies well before, if need be with the text of
 * an error. */
#define WIRE_REPLY_SECONDS 30

#endif
