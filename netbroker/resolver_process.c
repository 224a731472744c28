/*
 * The resolver: the only process of Sparkler that speaks DNS. It knows the names of the feeds'
 * servers from before its birth, takes a server's number, and answers with addresses.
 */
#include "resolver.h"

#include "landlock.h"
#include "policy/fds.h"
#include "policy/runtime/policy.h"

#include <err.h>
#include <netdb.h>
#include <nss.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint16_t dns_port = 53;

static int find(const char *name, struct addrinfo **found)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

    return getaddrinfo(name, NULL, &hints, found);
}

static int by_value(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

/*
 * Lets glibc read what it reads but once, and notice that there is no name service cache daemon.
 * A first sort of more than 1 KiB, as a name with many addresses needs it, asks how much memory the
 * machine has.
 * Other NSS modules than these two would be loaded from files at their first use, and ask daemons
 * that are out of the jail's reach.
 */
static void prepare(void)
{
    unsigned char sorted[2048] = {0};
    struct addrinfo *found = NULL;

    qsort(sorted, sizeof(sorted), 1, by_value);
    if (setenv("RES_OPTIONS", "timeout:2 attempts:2 ndots:1", 1) != 0)
        err(1, "the resolver cannot bound its look-ups");
    if (__nss_configure_lookup("hosts", "files dns") != 0)
        err(1, "the resolver cannot choose how names are looked up");
    /* The second time glibc has a list of the host's addresses, and asks nscd if it is still good;
     * that there is no nscd it remembers. */
    for (int time = 0; time < 2; time++)
        if (find("localhost", &found) == 0)
            freeaddrinfo(found);
}

static void look_up(const char *name, struct resolver_reply *reply)
{
    struct addrinfo *found = NULL;

    reply->status = find(name, &found);
    if (reply->status != 0)
        return;
    for (struct addrinfo *one = found; one && reply->count < RESOLVER_ADDRESSES; one = one->ai_next)
        if (address_from_sockaddr(one->ai_addr, &reply->address[reply->count]))
            reply->count++;
    freeaddrinfo(found);
}

void resolver_run(const struct hosts *hosts)
{
    prepare();
    landlock_confine(&dns_port, 1, LANDLOCK_MAY_READ);
    policy_install(&policy_resolver);

    for (;;) {
        struct resolver_request request;
        struct resolver_reply reply = {0};
        ssize_t length = recv(RESOLVER_FD_BROKER, &request, sizeof(request), MSG_TRUNC);

        if (length == 0)
            exit(0);
        if (length < 0)
            err(1, "the resolver cannot read from the broker");
        if (length != sizeof(request) || request.host >= hosts->count)
            errx(1, "the broker sent the resolver a frame that does not fit");
        reply.host = request.host;
        look_up(hosts->host[request.host].name, &reply);
        if (send(RESOLVER_FD_BROKER, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
            err(1, "the resolver cannot answer the broker");
    }
}
