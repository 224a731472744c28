/*
 * The link between sparkler-vmm and sparkler-netbroker: a SOCK_SEQPACKET socketpair.
 *
 * The VMM sends an I/O port, and for a question its argument; the broker replies with text, or with
 * bytes. Each request has one reply, which holds one piece of the answer: a request with the offset
 * 0 asks, the next ones fetch the rest. Each frame has a fixed size and a version. If recv(2)
 * returns another size, or a field is not as described here, the peer is dropped. Both ends run on
 * one machine, so fields are in host byte order.
 *
 * vmm/ uses no other header of netbroker/. The warden (jailer/) also includes it, to see which feed
 * a broker died on.
 */
#ifndef SPARKLER_WIRE_H
#define SPARKLER_WIRE_H

#include <stdint.h>

#define WIRE_VERSION      2u
#define WIRE_ARGUMENT_MAX 1024u      /* bytes of a question's argument */
#define WIRE_PIECE_MAX    8192u      /* bytes of an answer in one reply */
#define WIRE_ANSWER_MAX   (1u << 20) /* bytes of an answer */

struct wire_request {
    uint32_t version;  /* WIRE_VERSION */
    uint32_t sequence; /* chosen by the VMM; each request adds one */
    uint16_t port;     /* the guest's I/O port */
    uint16_t argument_length;
    uint32_t offset;                  /* of the piece, below WIRE_ANSWER_MAX; 0 asks anew */
    char argument[WIRE_ARGUMENT_MAX]; /* all NUL from argument[argument_length] on */
};

enum wire_kind {
    WIRE_TEXT = 0,  /* printable ASCII and '\n' */
    WIRE_BYTES = 1, /* any */
};

struct wire_reply {
    uint32_t version;  /* WIRE_VERSION */
    uint32_t sequence; /* as in the request */
    uint16_t port;     /* as in the request */
    uint16_t kind;     /* enum wire_kind */
    uint32_t offset;   /* as in the request; or 0 if the answer is gone: this one says so */
    uint32_t total;    /* bytes of the whole answer, at most WIRE_ANSWER_MAX */
    char piece[WIRE_PIECE_MAX]; /* wire_piece_length() bytes, then all NUL */
};

/* All pieces but the last are full. */
static inline uint32_t wire_piece_length(const struct wire_reply *reply)
{
    const uint32_t left = reply->total - reply->offset;

    return left < WIRE_PIECE_MAX ? left : WIRE_PIECE_MAX;
}

_Static_assert(sizeof(struct wire_request) == 16 + WIRE_ARGUMENT_MAX, "no padding in a request");
_Static_assert(sizeof(struct wire_reply) == 20 + WIRE_PIECE_MAX, "no padding in a reply");

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
 * below /feeds in a Linux guest, in the order of the ports. Of a question: "0x510? geocode". */
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
