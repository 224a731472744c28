/*
 * The resolver turns server names into addresses, in a process of its own. The broker names a
 * server by its index in the feeds file, in frames of fixed size over a SOCK_SEQPACKET pair. So
 * even a compromised broker can neither resolve a name of its choice nor leak data in one.
 *
 * The broker's end is resolver_client.c, the process resolver_process.c.
 */
#ifndef SPARKLER_RESOLVER_H
#define SPARKLER_RESOLVER_H

#include "address.h"
#include "hosts.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVER_ADDRESSES 8

struct resolver_request {
    uint32_t host; /* index in struct hosts */
};

struct resolver_reply {
    uint32_t host;  /* as in the request */
    int32_t status; /* 0, or an EAI_ code of getaddrinfo(3) */
    uint32_t count; /* at most RESOLVER_ADDRESSES */
    struct address address[RESOLVER_ADDRESSES];
};

_Static_assert(sizeof(struct resolver_reply) == 12 + RESOLVER_ADDRESSES * 18, "no padding");

struct addresses {
    size_t count;
    struct address address[RESOLVER_ADDRESSES];
};

/* The broker's end: what it has asked and what it knows. */
struct resolver;

/*
 * Starts the resolver as a child; the ends of the pair are BROKER_FD_RESOLVER and, in the child,
 * RESOLVER_FD_BROKER. The child inherits the broker's memory, so call this before any secret is
 * read. Apart from the pair it keeps only descriptors 0 to 2, is confined by the policy "resolver",
 * and dies with the broker. Ends the program by err(3) on failure.
 */
struct resolver *resolver_start(const struct hosts *hosts);

/*
 * Finds the addresses of a server, from an answer of the last minute or by asking, and waits until
 * `deadline` (clock_ms) at most. On failure returns false and appends to `reason` why. If the
 * resolver died or sent a malformed frame, ends the broker by errx(3); both are then restarted.
 */
bool resolve(struct resolver *resolver, const struct host *host, int64_t deadline,
             struct addresses *addresses, struct text *reason);

/* Runs the child: answers until the broker closes its end of the pair. */
_Noreturn void resolver_run(const struct hosts *hosts);

#endif
