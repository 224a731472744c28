/* The programs of the address guard, for the kernel's BPF machine (bpf(2)). */
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
    unsigned ipv4_count, ipv6_count, mapped_count;
    struct in_addr ipv4[NAME_SERVERS_MAX];
    struct in6_addr ipv6[NAME_SERVERS_MAX];
    struct in_addr mapped[NAME_SERVERS_MAX]; /* what hides in those of IPv6 */
};

/*
 * See the destination of each connect(2), as programs of the kind BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
 * and allow it if it is public (netbroker/networks.h), or port 53 of a name server.
 */
struct program address_program_ipv4(const struct name_servers *servers);
struct program address_program_ipv6(const struct name_servers *servers);

/*
 * Of the same kind, sees each datagram to an address that was not connected to, and refuses it:
 * neither libcurl nor the C library's resolver sends one. But the kernel sends as such over IPv4
 * what goes to the mapped address of a name server.
 */
struct program address_program_datagram(const struct name_servers *servers);

/* Of the kind BPF_PROG_TYPE_CGROUP_SOCK, sees each new internet socket and allows TCP and UDP: the
 * destinations of other protocols pass by the programs above. */
struct program address_program_socket(void);

#endif
