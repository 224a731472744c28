/*
 * The resolver, the only process of Sparkler that speaks DNS. It has inherited the names of the
 * feeds' servers; it takes the index of one and answers with addresses.
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

static int get_addresses(const char *name, struct addrinfo **found)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

    return getaddrinfo(name, NULL, &hints, found);
}

static int by_value(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

static void configure_lookup(const char *services)
{
    if (__nss_configure_lookup("hosts", services) != 0)
        err(1, "the resolver cannot choose its name services");
}

/*
 * Makes glibc do now what the policy forbids later. It reads its configuration, and notices that no
 * nscd runs. Its first sort of more than 1 KiB, which a name with many addresses needs, asks how
 * much memory the machine has. Only the NSS modules "files" and "dns" are used, since glibc would
 * load others from files when first needed, and they ask daemons that the jail does not reach; and
 * "dns" not yet, since no request is granted: /etc/hosts may lack the name.
 */
static void prepare(void)
{
    unsigned char sorted[2048] = {0};
    struct addrinfo *found = NULL;

    qsort(sorted, sizeof(sorted), 1, by_value);
    if (setenv("RES_OPTIONS", "timeout:2 attempts:2 ndots:1", 1) != 0)
        err(1, "the resolver cannot limit its time per name");
    configure_lookup("files");
    /* The second time glibc has the list of the host's addresses, and asks nscd whether it is still
     * good; from then on it remembers that there is no nscd. */
    for (int time = 0; time < 2; time++)
        if (get_addresses("localhost", &found) == 0)
            freeaddrinfo(found);
    configure_lookup("files dns");
}

static void resolve_name(const char *name, struct resolver_reply *reply)
{
    struct addrinfo *found = NULL;

    reply->status = get_addresses(name, &found);
    if (reply->status != 0)
        return;
    for (const struct addrinfo *one = found; one; one = one->ai_next) {
        if (reply->count == RESOLVER_ADDRESSES)
            break;
        if (address_from_sockaddr(one->ai_addr, &reply->address[reply->count]))
            reply->count++;
    }
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
            errx(1, "the broker sent the resolver a malformed frame");
        reply.host = request.host;
        resolve_name(hosts->host[request.host].name, &reply);
        if (send(RESOLVER_FD_BROKER, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
            err(1, "the resolver cannot answer the broker");
    }
}
