/*
 * Names to addresses, in a process of its own: the resolver. The broker asks it by the number of a
 * server in the feeds file, never by name, over a SOCK_SEQPACKET pair in frames of fixed size; so
 * not even a broker that was taken over can look up, or leak through, a name of its own choice.
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
    uint32_t host;  /* that of the request */
    int32_t status; /* 0, or an EAI_ code of getaddrinfo(3) */
    uint32_t count; /* at most RESOLVER_ADDRESSES */
    struct address address[RESOLVER_ADDRESSES];
};

_Static_assert(sizeof(struct resolver_reply) == 12 + RESOLVER_ADDRESSES * 18, "no padding");

struct addresses {
    size_t count;
    struct address address[RESOLVER_ADDRESSES];
};

/* The broker's view of the resolver and what it said. */
struct resolver;

/*
 * Starts the resolver as a child and puts both ends of the pair at BROKER_FD_RESOLVER. The child
 * has what is in memory now, so no secret may be. It holds no other descriptor but the log, is
 * confined by the policy "resolver", and ends with the broker. Ends the program by err(3) on
 * failure.
 */
struct resolver *resolver_start(const struct hosts *hosts);

/*
 * Finds the addresses of a server, from what was learnt in the last minute or by asking, and waits
 * no longer than to `deadline` (clock_ms). On failure returns false and appends to `reason` why.
 * A resolver that died or answers out of form ends the broker by errx(3): the two start anew.
 */
bool resolve(struct resolver *resolver, const struct host *host, int64_t deadline,
             struct addresses *addresses, struct text *reason);

/* The child's side: answers until its end of the pair is closed. */
_Noreturn void resolver_run(const struct hosts *hosts);

#endif
