/* Which addresses are public: the guard against a name that leads into the host's own networks. */
#include "address.h"

#include <string.h>

struct network {
    uint8_t prefix[16];
    unsigned bits;
};

static const struct network ipv4_special[] = {
    {{0}, 8},             /* "this network"; 0.0.0.0 reaches the host itself */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared by carriers */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local: cloud metadata services */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, reserved, broadcast */
};

/* Within 2000::/3, the only part of IPv6 that is routed on the internet. */
static const struct network ipv6_special[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static const struct network ipv6_global = {{0x20}, 3};
static const struct network ipv6_nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

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

#define WITHIN_ANY(bytes, networks)                                                                \
    within_any(bytes, networks, sizeof(networks) / sizeof(*(networks)))

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
