/*
 * The networks that are not public. Both the broker's own guard (address.c) and the kernel's (a BPF
 * program, jailer/address_program.c) are built from these tables, so that neither refuses what the
 * other allows. Source: IANA's registries of special-purpose addresses (RFC 6890 and successors).
 */
#ifndef SPARKLER_NETWORKS_H
#define SPARKLER_NETWORKS_H

#include <stdint.h>

struct network {
    uint8_t prefix[16]; /* network order; IPv4 fills the first four */
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

/* NAT64: the last four bytes are an IPv4 address, which decides. */
static const struct network ipv6_nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

#define NETWORKS(table) (sizeof(table) / sizeof(*(table)))

#endif
