/* What is told of the loopback interface: by getifaddrs(3), by netlink(7) and by netdevice(7). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of <linux/rtnetlink.h>, which musl does not have. */
enum { NETLINK_ROUTE = 0, REQUEST = 1, DUMP = 0x300, GET_ADDRESS = 22 };

struct header { /* struct nlmsghdr */
    uint32_t size;
    uint16_t type, flags;
    uint32_t sequence, port;
};

struct name { /* struct sockaddr_nl */
    uint16_t family, padding;
    uint32_t port, groups;
};

static void say(const char *what, long value)
{
    if (value < 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %ld\n", what, value);
}

static void print_inet(const char *what, const void *address)
{
    printf(" %s %s", what, inet_ntoa(((const struct sockaddr_in *)address)->sin_addr));
}

/* Of lo, what is not IPv6. */
static void test_addresses(void)
{
    struct ifaddrs *list;

    say("getifaddrs", getifaddrs(&list));
    for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
        if (strcmp(at->ifa_name, "lo") != 0 || at->ifa_addr->sa_family == AF_INET6)
            continue;
        printf("%s: flags %#x, family %d", at->ifa_name, at->ifa_flags, at->ifa_addr->sa_family);
        if (at->ifa_addr->sa_family == AF_INET) {
            print_inet("address", at->ifa_addr);
            print_inet("netmask", at->ifa_netmask);
        } else {
            const struct sockaddr_ll *link = (const struct sockaddr_ll *)at->ifa_addr;

            printf(" index %d, type %d, %d bytes", link->sll_ifindex, link->sll_hatype,
                   link->sll_halen);
        }
        printf("\n");
    }
    freeifaddrs(list);
}

static void test_ioctl(void)
{
    static const struct {
        const char *name;
        unsigned long command;
    } asked[] = {{"address", SIOCGIFADDR},
                 {"netmask", SIOCGIFNETMASK},
                 {"broadcast", SIOCGIFBRDADDR},
                 {"hardware", SIOCGIFHWADDR}};
    struct ifreq interface = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        int error = ioctl(fd, asked[i].command, &interface);

        printf("%s: %d, family %d,", asked[i].name, error, interface.ifr_addr.sa_family);
        print_inet("is", &interface.ifr_addr);
        printf("\n");
    }
    say("flags", ioctl(fd, SIOCGIFFLAGS, &interface) == 0 ? interface.ifr_flags : -1);
    say("MTU", ioctl(fd, SIOCGIFMTU, &interface) == 0 ? interface.ifr_mtu : -1);
    say("index", if_nametoindex("lo"));
    printf("name: %s\n", if_indextoname(1, interface.ifr_name));
    printf("no such name: %u, %s\n", if_nametoindex("none"), strerror(errno));
    say("no such index", if_indextoname(9999, interface.ifr_name) == NULL ? -1 : 0);
    struct ifconf list = {.ifc_len = sizeof(interface), .ifc_req = &interface};
    say("list", ioctl(fd, SIOCGIFCONF, &list));
    printf("the first: %d bytes, %s,", list.ifc_len, interface.ifr_name);
    print_inet("address", &interface.ifr_addr);
    printf("\n");
    list.ifc_len = 1;
    say("no room", ioctl(fd, SIOCGIFCONF, &list));
    say("bytes", list.ifc_len);
    close(fd);
}

static void test_netlink(void)
{
    const struct {
        struct header header;
        uint8_t family;
    } request = {{17, GET_ADDRESS, REQUEST | DUMP, 77, 0}, AF_INET};
    struct name name = {.family = AF_NETLINK};
    struct sockaddr *address = (struct sockaddr *)&name;
    socklen_t size = sizeof(name);
    union {
        struct header header;
        char bytes[4096];
    } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

    say("stream", socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
    say("protocol", socket(AF_NETLINK, SOCK_RAW, 77));
    say("bind", bind(fd, address, size));
    say("getsockname", getsockname(fd, address, &size));
    printf("family %d, %u bytes, own: %d\n", name.family, size, name.port == (unsigned)getpid());
    say("nothing yet", recv(fd, &reply, sizeof(reply), MSG_DONTWAIT));
    name.port = 0;
    say("send", sendto(fd, &request, request.header.size, 0, address, size));
    long received = recvfrom(fd, &reply, sizeof(reply), 0, address, &size);
    printf("answer: %d, from %u\n", received > 0, name.port);
    printf("the first: %d, %#x, %u, own: %d\n", reply.header.type, reply.header.flags,
           reply.header.sequence, reply.header.port == (unsigned)getpid());
    close(fd);
}

int main(void)
{
    test_addresses();
    test_ioctl();
    test_netlink();
    return 0;
}
