/* The broker's end of the resolver: starts it, asks it, and keeps its answers for a minute. */
#include "resolver.h"

#include "clock.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRESH_MS        60000 /* how long an answer is used */
#define FAILED_MS       15000 /* how long a failure is used */
#define LONGEST_WAIT_MS 5000  /* for one answer */

struct knowledge {
    struct resolver_reply reply;
    int64_t until; /* clock_ms */
    bool asked;    /* a request is pending; even a late answer is useful */
};

struct resolver {
    const struct hosts *hosts;
    struct knowledge *known; /* one per host */
};

static _Noreturn void become_resolver(const struct hosts *hosts, int end, pid_t broker)
{
    prctl(PR_SET_NAME, "resolver");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        err(1, "the resolver cannot arrange to die with the broker");
    if (getppid() != broker)
        exit(0); /* the broker is already gone */
    if (dup2(end, RESOLVER_FD_BROKER) < 0 || close_range(RESOLVER_FD_BROKER + 1, ~0U, 0) != 0)
        err(1, "the resolver cannot close all descriptors but its own");
    close(BROKER_FD_LINK);
    resolver_run(hosts);
}

struct resolver *resolver_start(const struct hosts *hosts)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    struct knowledge *known = calloc(hosts->count + 1, sizeof(*known));
    pid_t broker = getpid();
    int pair[2];

    if (!resolver || !known)
        err(1, "cannot allocate %zu servers", hosts->count);
    *resolver = (struct resolver){.hosts = hosts, .known = known};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        err(1, "cannot create the socket pair of broker and resolver");
    switch (fork()) {
    case -1:
        err(1, "cannot start the resolver");
    case 0:
        become_resolver(hosts, pair[1], broker);
    }
    close(pair[1]);
    if (pair[0] != BROKER_FD_RESOLVER) {
        if (dup2(pair[0], BROKER_FD_RESOLVER) < 0)
            err(1, "cannot move the broker's end of the resolver's socket pair");
        close(pair[0]);
    }
    return resolver;
}

/* Waits for any answer, and keeps it. False if it timed out. */
static bool learn(struct resolver *resolver, int64_t deadline)
{
    struct pollfd readable = {.fd = BROKER_FD_RESOLVER, .events = POLLIN};
    int64_t left = deadline - clock_ms();
    struct resolver_reply reply;
    int ready = poll(&readable, 1, left > 0 ? (int)left : 0);

    if (ready == 0 || (ready < 0 && errno == EINTR))
        return false;
    if (ready < 0)
        err(1, "cannot wait for the resolver");
    ssize_t length = recv(BROKER_FD_RESOLVER, &reply, sizeof(reply), MSG_TRUNC);
    if (length <= 0)
        errx(1, "the resolver died");
    if (length != sizeof(reply) || reply.host >= resolver->hosts->count ||
        reply.count > RESOLVER_ADDRESSES || !resolver->known[reply.host].asked)
        errx(1, "the resolver sent a malformed frame");

    resolver->known[reply.host] = (struct knowledge){
        .reply = reply,
        .until = clock_ms() + (reply.status == 0 ? FRESH_MS : FAILED_MS),
    };
    return true;
}

static void ask(struct resolver *resolver, uint32_t host)
{
    struct resolver_request request = {.host = host};

    if (resolver->known[host].asked)
        return;
    if (send(BROKER_FD_RESOLVER, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
        err(1, "the resolver died");
    resolver->known[host].asked = true;
}

static void explain(const struct host *host, int status, struct text *reason)
{
    switch (status) {
    case EAI_NONAME:
    case EAI_NODATA:
        text_printf(reason, "the name %s has no address", host->name);
        break;
    case EAI_AGAIN:
        text_printf(reason, "the name %s could not be resolved (no answer from the DNS)",
                    host->name);
        break;
    default:
        text_printf(reason, "the name %s could not be resolved (%s)", host->name,
                    gai_strerror(status));
    }
}

bool resolve(struct resolver *resolver, const struct host *host, int64_t deadline,
             struct addresses *addresses, struct text *reason)
{
    uint32_t index = (uint32_t)(host - resolver->hosts->host);
    struct knowledge *known = &resolver->known[index];
    int64_t now = clock_ms();

    *addresses = (struct addresses){0};
    if (address_from_text(host->name, &addresses->address[0])) {
        addresses->count = 1;
        return true;
    }

    if (now >= known->until)
        ask(resolver, index);
    if (deadline > now + LONGEST_WAIT_MS)
        deadline = now + LONGEST_WAIT_MS;
    while (known->asked) {
        if (!learn(resolver, deadline) && clock_ms() >= deadline) {
            text_printf(reason,
                        "the name %s could not be resolved in %d s (no answer from the DNS)",
                        host->name, (int)((deadline - now + 500) / 1000));
            return false;
        }
    }
    if (known->reply.status != 0) {
        explain(host, known->reply.status, reason);
        return false;
    }
    addresses->count = known->reply.count;
    memcpy(addresses->address, known->reply.address, sizeof(addresses->address));
    return true;
}
