/* The guard against a DNS name that leads into the host's own networks. */
#include "address.h"

#include "networks.h"

#include <string.h>

static bool within(const uint8_t *bytes, const struct network *network)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    return memcmp(bytes, network->prefix, whole) == 0 &&
           (rest == 0 || (bytes[whole] & mask) == (network->prefix[whole] & mask));
}

static bool within_any(const uint8_t *bytes, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (within(bytes, &networks[i]))
            return true;
    return false;
}

#define WITHIN_ANY(bytes, networks) within_any(bytes, networks, NETWORKS(networks))

bool address_is_public(const struct address *address)
{
    if (address->family == AF_INET)
        return !WITHIN_ANY(address->bytes, ipv4_special);
    if (address->family != AF_INET6)
        return false;
    if (within(address->bytes, &ipv6_nat64))
        return !WITHIN_ANY(address->bytes + 12, ipv4_special);
    return within(address->bytes, &ipv6_global) && !WITHIN_ANY(address->bytes, ipv6_special);
}

bool address_from_sockaddr(const struct sockaddr *socket_address, struct address *address)
{
    *address = (struct address){.family = socket_address->sa_family};
    switch (socket_address->sa_family) {
    case AF_INET:
        memcpy(address->bytes, &((const struct sockaddr_in *)socket_address)->sin_addr, 4);
        return true;
    case AF_INET6:
        memcpy(address->bytes, &((const struct sockaddr_in6 *)socket_address)->sin6_addr, 16);
        return true;
    default:
        return false;
    }
}

bool address_from_text(const char *text, struct address *address)
{
    *address = (struct address){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    return inet_pton(address->family, text, address->bytes) == 1;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void address_to_text(const struct address *address, char text[INET6_ADDRSTRLEN])
{
    if (!inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN))
        strcpy(text, "?");
}
