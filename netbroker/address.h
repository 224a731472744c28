/* Addresses of servers, and which of them a stranger's DNS may lead the broker to. */
#ifndef SPARKLER_ADDRESS_H
#define SPARKLER_ADDRESS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

struct address {
    uint16_t family;   /* AF_INET or AF_INET6 */
    uint8_t bytes[16]; /* network order; of IPv4 the first four, the rest 0 */
};

/* Takes the address out of a socket address; false if it is neither IPv4 nor IPv6. */
bool address_from_sockaddr(const struct sockaddr *socket_address, struct address *address);

/* Reads a numeric address ("192.0.2.1", "2001:db8::1"); false if the text is none. */
bool address_from_text(const char *text, struct address *address);

bool address_equal(const struct address *a, const struct address *b);

void address_to_text(const struct address *address, char text[INET6_ADDRSTRLEN]);

/*
 * True if the address belongs to the public internet: not to this machine, a private, shared,
 * link-local, documentation, benchmark, multicast or reserved network, nor to an IPv6 form that
 * hides an IPv4 address (mapped, 6to4, Teredo; of NAT64 the hidden address decides). The networks
 * are those of networks.h.
 */
bool address_is_public(const struct address *address);

#endif
