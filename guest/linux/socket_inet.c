/* Sockets of AF_INET: TCP and UDP among the programs of the VM, at the addresses 127.0.0.0/8. */
#include "credentials.h"
#include "kernel.h"
#include "socket.h"

#include <asm/errno.h>
#include <asm/socket.h>

#define DATAGRAM_MAX   65507
#define PORTS_RESERVED 1024
#define PORT_FIRST     32768 /* where none is asked for: as in Linux */
#define PORT_LAST      60999

int inet_protocol(int type)
{
    return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

static uint32_t host_of(const struct address *address) /* in the network's order */
{
    return address->name.inet.sin_addr.s_addr;
}

static bool is_any(const struct address *address)
{
    return host_of(address) == INADDR_ANY;
}

static bool is_loopback(const struct address *address)
{
    return __builtin_bswap32(host_of(address)) >> 24 == IN_LOOPBACKNET;
}

static struct address make_address(uint32_t host, uint16_t port)
{
    return (struct address){.size = sizeof(struct sockaddr_in),
                            .name.inet.sin_family = AF_INET,
                            .name.inet.sin_port = __builtin_bswap16(port),
                            .name.inet.sin_addr.s_addr = host};
}

void inet_set_source(struct address *address)
{
    if (is_any(address))
        address->name.inet.sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK);
}

/* ---- bind(2), listen(2) ---- */

static bool is_same_port(const struct address *a, const struct address *b)
{
    return a->name.family == b->name.family && a->name.inet.sin_port == b->name.inet.sin_port;
}

static bool overlap(const struct address *a, const struct address *b)
{
    return is_same_port(a, b) && (is_any(a) || is_any(b) || host_of(a) == host_of(b));
}

static bool share(const struct socket *a, const struct socket *b)
{
    const uint32_t options = a->options & b->options;

    return (options & 1u << SO_REUSEPORT) != 0 ||
           ((options & 1u << SO_REUSEADDR) != 0 && !a->is_listening && !b->is_listening);
}

static bool is_free(const struct socket *socket, const struct address *address, bool may_share)
{
    const struct socket *other = NULL;

    while ((other = socket_next_bound(other)) != NULL)
        if (other != socket && other->type == socket->type && overlap(&other->address, address) &&
            !(may_share && share(socket, other)))
            return false;
    return true;
}

static int take(struct socket *socket, const struct address *address, bool may_share)
{
    if (!is_free(socket, address, may_share))
        return -EADDRINUSE;
    socket->address = *address;
    socket_add_bound(socket);
    return 0;
}

static int take_any_port(struct socket *socket, uint32_t host)
{
    static uint16_t last = PORT_LAST;
    int error = -EADDRINUSE;

    for (int left = PORT_LAST - PORT_FIRST; left >= 0 && error != 0; left--) {
        last = last < PORT_LAST ? (uint16_t)(last + 1) : PORT_FIRST;
        const struct address address = make_address(host, last);
        error = take(socket, &address, false);
    }
    return error;
}

int inet_bind(struct socket *socket, const struct address *address)
{
    const uint16_t port = __builtin_bswap16(address->name.inet.sin_port);

    if (address->name.family != AF_INET)
        return -EAFNOSUPPORT;
    if (!is_any(address) && !is_loopback(address))
        return -EADDRNOTAVAIL;
    if (port > 0 && port < PORTS_RESERVED && !is_capable(CAP_NET_BIND_SERVICE))
        return -EACCES;
    if (socket->address.size > 0)
        return -EINVAL;
    if (port == 0)
        return take_any_port(socket, host_of(address));
    const struct address name = make_address(host_of(address), port);
    return take(socket, &name, true);
}

static int bind_any(struct socket *socket)
{
    return socket->address.size > 0 ? 0 : take_any_port(socket, INADDR_ANY);
}

int inet_may_listen(struct socket *socket)
{
    int error = bind_any(socket);

    return error == 0 && !is_free(socket, &socket->address, true) ? -EADDRINUSE : error;
}

/* ---- connect(2), and where datagrams go ---- */

/* Where it leads to, and from where: who has no name yet gets one. */
static int route(struct socket *from, struct address *to)
{
    if (to->name.family != AF_INET)
        return -EAFNOSUPPORT;
    *to = make_address(host_of(to), __builtin_bswap16(to->name.inet.sin_port));
    inet_set_source(to);
    return is_loopback(to) ? bind_any(from) : -ENETUNREACH;
}

/* 0: it does not get what comes from there; or the more, the closer its names are. */
static unsigned closeness(const struct socket *socket, const struct address *from,
                          const struct address *to)
{
    const struct address *remote = &socket->remote;

    if (!overlap(&socket->address, to) || (socket->type == SOCK_STREAM && !socket->is_listening))
        return 0;
    if (remote->size > 0 && !(is_same_port(remote, from) && host_of(remote) == host_of(from)))
        return 0;
    return 1 + !is_any(&socket->address) + 2 * (remote->size > 0);
}

static struct socket *find(const struct socket *sender, const struct address *to)
{
    struct socket *socket = NULL, *best = NULL;
    struct address from = sender->address;
    unsigned best_closeness = 0;

    inet_set_source(&from);
    while ((socket = socket_next_bound(socket)) != NULL) {
        const unsigned its = socket->type == sender->type ? closeness(socket, &from, to) : 0;

        if (its > best_closeness) {
            best = socket;
            best_closeness = its;
        }
    }
    return best;
}

int inet_find_listener(struct socket *socket, struct address *to, struct socket **listener)
{
    int error = route(socket, to);

    if (error != 0)
        return error;
    inet_set_source(&socket->address);
    *listener = find(socket, to);
    if (*listener == NULL)
        return -ECONNREFUSED;
    socket_get(*listener);
    return 0;
}

int inet_connect_datagrams(struct socket *socket, struct address *to)
{
    if (to->name.family == AF_UNSPEC) {
        socket->remote.size = 0;
        return 0;
    }
    int error = route(socket, to);
    if (error != 0)
        return error;
    inet_set_source(&socket->address);
    socket->remote = *to;
    return 0;
}

int inet_find_receiver(struct socket *socket, const struct address *address, size_t size,
                       struct socket **receiver)
{
    struct address to = address->size > 0 ? *address : socket->remote;
    int error = socket_take_error(socket);

    if (error != 0)
        return error;
    if (to.size == 0)
        return -EDESTADDRREQ;
    if (size > DATAGRAM_MAX)
        return -EMSGSIZE;
    error = route(socket, &to);
    if (error != 0)
        return error;
    *receiver = find(socket, &to);
    if (*receiver == NULL && socket->remote.size > 0)
        socket->error = ECONNREFUSED;
    if (*receiver != NULL && !socket_has_room(*receiver, size))
        *receiver = NULL;
    if (*receiver != NULL)
        socket_get(*receiver);
    return 0;
}
