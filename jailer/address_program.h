/* The program of the address guard, for the kernel's BPF machine (bpf(2)). */
#ifndef SPARKLER_ADDRESS_PROGRAM_H
#define SPARKLER_ADDRESS_PROGRAM_H

#include <linux/bpf.h>
#include <netinet/in.h>

#define PROGRAM_MAX      256
#define NAME_SERVERS_MAX 3 /* as many as a C library asks (resolv.conf(5)) */

struct program {
    unsigned length;
    struct bpf_insn code[PROGRAM_MAX];
};

struct name_servers {
    unsigned ipv4_count, ipv6_count;
    struct in_addr ipv4[NAME_SERVERS_MAX];
    struct in6_addr ipv6[NAME_SERVERS_MAX];
};

/*
 * Sees each packet that a process of the cgroup sends, as a program of the kind
 * BPF_PROG_TYPE_CGROUP_SKB, and lets it go if it is TCP or UDP, has no IP options, and goes to a
 * public address (netbroker/networks.h), or to port 53 of a name server.
 */
struct program address_program(const struct name_servers *servers);

#endif
