/* IP addresses, and which of them are public. */
#ifndef SPARKLER_ADDRESS_H
#define SPARKLER_ADDRESS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

struct address {
    uint16_t family;   /* AF_INET or AF_INET6 */
    uint8_t bytes[16]; /* network order; IPv4 fills the first four, the rest is 0 */
};

/* The address in a socket address. False if it is neither IPv4 nor IPv6. */
bool address_from_sockaddr(const struct sockaddr *socket_address, struct address *address);

/* Parses "192.0.2.1" or "2001:db8::1". False for any other text. */
bool address_from_text(const char *text, struct address *address);

bool address_equal(const struct address *a, const struct address *b);

void address_to_text(const struct address *address, char text[INET6_ADDRSTRLEN]);

/*
 * True if the address belongs to the public internet: not to this machine, not to a private,
 * shared, link-local, documentation, benchmark, multicast or reserved network (networks.h), and not
 * to an IPv6 form that hides an IPv4 address (mapped, 6to4, Teredo). With NAT64 the hidden address
 * decides.
 */
bool address_is_public(const struct address *address);

#endif
