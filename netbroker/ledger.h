/*
 * The ledger: a SOCK_SEQPACKET socketpair between sparkler-netbroker and the supervisor (jailer/),
 * which counts what is asked of the world (--status) and writes it down (--record). Guest and
 * upstream speak with neither end, and it outlives brokers: the warden hands the same end to each,
 * so that none can undo what an earlier one has asked.
 *
 * The broker sends an entry and waits for the reply, which carries the same sequence. Before it
 * sends anything upstream the entry is LEDGER_ASKED, and only LEDGER_GRANTED lets it go on. The
 * other entries are what became of a request of the VMM's, and end an earlier LEDGER_ASKED of that
 * port. A broker begins with a random sequence, and skips replies of any other: they were meant for
 * a broker that died.
 *
 * Each frame has a fixed size and a version. An entry of another size, or with a field that is not
 * as described here, ends the ledger: the supervisor closes its end, and nothing is sent upstream
 * any more. Both ends run on one machine, so fields are in host byte order.
 */
#ifndef SPARKLER_LEDGER_H
#define SPARKLER_LEDGER_H

#include <stdint.h>

#define LEDGER_VERSION      1u
#define LEDGER_FEED_MAX     80u /* bytes of a feed's name */
#define LEDGER_ARGUMENT_MAX 1024u
#define LEDGER_REASON_MAX   256u

/* How long the broker waits for a reply. Two of them and a feed's total_ms are less than the VMM
 * waits for its own (wire.h). */
#define LEDGER_REPLY_MS 2000

enum ledger_event {
    LEDGER_ASKED = 1, /* may a request be sent upstream? */
    LEDGER_ANSWERED,  /* with what the upstream has just sent */
    LEDGER_CACHED,    /* with an answer that was fresh, and nothing was sent */
    LEDGER_STALE,     /* with an old answer */
    LEDGER_DENIED,    /* by the feeds file or by this ledger */
    LEDGER_FAILED,    /* with an error */
};

/* What a port's budget counts. */
enum ledger_unit {
    LEDGER_REQUESTS = 1, /* of a feed that has no argument, or only one */
    LEDGER_BITS,         /* log2 of the number of possible arguments, for each request */
};

struct ledger_entry {
    uint32_t version;  /* LEDGER_VERSION */
    uint32_t event;    /* enum ledger_event */
    uint64_t sequence; /* each entry of a broker adds one */
    uint32_t cost;     /* of one request upstream, in thousandths of the unit; at most `limit` */
    uint32_t limit;    /* in any hour, in thousandths of the unit; 0 if nothing is sent, ever */
    uint32_t bytes;    /* of the text for the guest; 0 for LEDGER_ASKED */
    uint16_t port;     /* the guest's I/O port, one that wire.h knows. The first entry for a port
                        * fixes its unit, cost and limit for the VM's life. */
    uint16_t unit;     /* enum ledger_unit */
    uint16_t feed_length;
    uint16_t has_argument; /* 0 or 1 */
    uint16_t argument_length;
    uint16_t reason_length;
    char feed[LEDGER_FEED_MAX]; /* its name */
    char argument[LEDGER_ARGUMENT_MAX];
    char reason[LEDGER_REASON_MAX]; /* why it was stale, denied or failed */
};

enum ledger_verdict {
    LEDGER_GRANTED = 1, /* and recorded, if there is a record */
    LEDGER_SPENT,       /* the port's budget is used up */
    LEDGER_FLOODED,     /* the record has grown as much as it may in an hour */
    LEDGER_UNRECORDED,  /* the record cannot be written */
};

struct ledger_reply {
    uint32_t version;      /* LEDGER_VERSION */
    uint32_t verdict;      /* enum ledger_verdict */
    uint64_t sequence;     /* as in the entry */
    uint32_t wait_seconds; /* until it would be granted, for LEDGER_SPENT and LEDGER_FLOODED */
    uint32_t wants_ends;   /* 0: there is no record and no count, and only LEDGER_ASKED is of use */
};

_Static_assert(sizeof(struct ledger_entry) ==
                   40 + LEDGER_FEED_MAX + LEDGER_ARGUMENT_MAX + LEDGER_REASON_MAX,
               "no padding in an entry");
_Static_assert(sizeof(struct ledger_reply) == 24, "no padding in a reply");

#endif
