/*
 * The address guard in the running kernel against the broker's own (address.c), which is made of
 * the same table: a child enters a guarded cgroup and a network namespace whose routes all lead to
 * its loopback device, sends to addresses of every network, and looks at what leaves.
 */
#include "jailer/address_guard.h"
#include "netbroker/address.h"
#include "netbroker/networks.h"

#include "tap.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANDOM 20000 /* addresses of each family */
#define PORT   443

/* linux/ipv6_route.h cannot stand beside net/route.h. Without it, such a route refuses. */
#define LOCAL_ROUTE 0x80000000u /* RTF_LOCAL */

static const char resolv_conf[] = "; a comment\n"
                                  "search example.test\n"
                                  "nameserver 127.0.0.53\n"
                                  "nameserver fd00::53\n"
                                  "nameserver ::ffff:10.0.0.53\n"
                                  "nameserver 10.0.0.54\n";

static int sniffer; /* sees all packets of the network namespace */

static socklen_t to_socket(const struct address *address, uint16_t port,
                           struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof(*storage));
    if (address->family == AF_INET) {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)storage;

        *ipv4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&ipv4->sin_addr, address->bytes, 4);
        return sizeof(*ipv4);
    }
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)storage;

    *ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memcpy(&ipv6->sin6_addr, address->bytes, 16);
    return sizeof(*ipv6);
}

/* Whether a packet of this protocol, to this port if it has any, has left since the last call. */
static bool has_left(uint8_t protocol, uint16_t port)
{
    struct sockaddr_ll from;
    socklen_t size = sizeof(from);
    uint8_t packet[256];
    bool left = false;

    while (recvfrom(sniffer, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
                    &size) >= 28) {
        const bool is_ipv4 = packet[0] >> 4 == 4;
        const uint8_t *ports = packet + (is_ipv4 ? (packet[0] & 15) * 4 : 40);

        left |= from.sll_pkttype == PACKET_OUTGOING && packet[is_ipv4 ? 9 : 6] == protocol &&
                (port == 0 || (ports[2] << 8 | ports[3]) == port);
    }
    return left;
}

static int make_socket(int family, int type, int protocol)
{
    const int on = 1;
    int fd = socket(family, type | SOCK_NONBLOCK, protocol);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) != 0)
        err(1, "cannot make a socket of type %d and protocol %d", type, protocol);
    return fd;
}

/* Tries to connect and sends a datagram; whether nothing leaves. Takes the socket. */
static bool connects_in_vain(int fd, int type, const struct address *address, uint16_t port)
{
    struct sockaddr_storage to;
    socklen_t size = to_socket(address, port, &to);

    if (connect(fd, (struct sockaddr *)&to, size) == 0 && type == SOCK_DGRAM)
        send(fd, "", 1, 0);
    close(fd);
    return !has_left(type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP, port);
}

static bool is_refused(int type, const struct address *address, uint16_t port)
{
    return connects_in_vain(make_socket(address->family, type, 0), type, address, port);
}

static struct address parse(const char *text)
{
    struct address address;

    if (!address_from_text(text, &address))
        errx(1, "%s is no address", text);
    return address;
}

/* Counts the addresses that the two guards judge differently. */
static unsigned disagree(int type, const struct address *address)
{
    char text[INET6_ADDRSTRLEN];

    if (is_refused(type, address, PORT) == !address_is_public(address))
        return 0;
    address_to_text(address, text);
    printf("# %s\n", text);
    return 1;
}

/* Adds one to, or takes one from, the first `bits` of an address as a number. */
static void step(uint8_t *bytes, unsigned bits, bool up)
{
    unsigned at = (bits - 1) / 8, by = 1u << (7 - (bits - 1) % 8);

    for (bool carry = true; carry; at--, by = 1) {
        unsigned sum = up ? bytes[at] + by : bytes[at] + 256 - by;

        bytes[at] = (uint8_t)sum;
        carry = up ? sum > 255 : sum < 256;
        if (at == 0)
            break;
    }
}

/* The first and last address of a network, and their neighbours outside. */
static unsigned test_edges(int type, uint16_t family, const struct network *network)
{
    const unsigned size = family == AF_INET ? 4 : 16;
    unsigned wrong = 0;

    for (unsigned edge = 0; edge < 4; edge++) {
        struct address address = {.family = family};

        memcpy(address.bytes, network->prefix, size);
        if (edge >= 2) /* the network above this one begins behind this one's last address */
            step(address.bytes, network->bits, true);
        if (edge % 2 == 0)
            step(address.bytes, size * 8, false);
        wrong += disagree(type, &address);
    }
    return wrong;
}

static void test_tables(int type, const char *name)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < NETWORKS(ipv4_special); i++)
        wrong += test_edges(type, AF_INET, &ipv4_special[i]);
    ok(wrong == 0, "%s: the edges of each IPv4 network are judged alike", name);
    wrong = test_edges(type, AF_INET6, &ipv6_global) + test_edges(type, AF_INET6, &ipv6_nat64);
    for (size_t i = 0; i < NETWORKS(ipv6_special); i++)
        wrong += test_edges(type, AF_INET6, &ipv6_special[i]);
    ok(wrong == 0, "%s: the edges of each IPv6 network are judged alike", name);
}

/* Half of the IPv6 ones begin as something that the guard looks into. */
static struct address random_address(uint16_t family)
{
    static const struct network *const within[] = {&ipv6_nat64, &ipv6_global, &ipv6_special[0]};
    struct address address = {.family = family};

    for (unsigned i = 0; i < (family == AF_INET ? 4 : 16); i++)
        address.bytes[i] = (uint8_t)random();
    if (family == AF_INET6 && random() % 2) {
        const struct network *network = within[random() % 3];

        memcpy(address.bytes, network->prefix, network->bits / 8);
    }
    return address;
}

static void test_random(uint16_t family, const char *name)
{
    unsigned wrong = 0, public = 0;

    for (unsigned i = 0; i < RANDOM; i++) {
        struct address address = random_address(family);

        wrong += disagree(SOCK_DGRAM, &address);
        public += address_is_public(&address);
    }
    ok(wrong == 0, "%u random addresses of %s are judged alike", RANDOM, name);
    ok(public > RANDOM / 20 && public < RANDOM, "%u of them are public", public);
}

static void test_name_servers(void)
{
    static const struct {
        const char *address;
        uint16_t port;
        bool refused;
    } cases[] = {
        {"127.0.0.53", 53, false}, {"127.0.0.53", 54, true},   {"127.0.0.53", 13568, true},
        {"127.0.0.54", 53, true},  {"10.0.0.53", 53, false},   {"10.0.0.53", 80, true},
        {"10.0.0.54", 53, true},   {"fd00::53", 53, false},    {"fd00::53", 443, true},
        {"fd00::54", 53, true},    {"fd00:0:1::53", 53, true}, {"8.8.8.8", 53, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct address address = parse(cases[i].address);

        ok(is_refused(SOCK_STREAM, &address, cases[i].port) == cases[i].refused &&
               is_refused(SOCK_DGRAM, &address, cases[i].port) == cases[i].refused,
           "port %u of %s is %s", cases[i].port, cases[i].address,
           cases[i].refused ? "refused" : "a name server's, or public");
    }
}

/* The errno of a datagram, or of a connection with its first data; 0 if there is none. */
static int try_send(int family, int type, const char *text, int flags)
{
    const struct address address = parse(text);
    struct sockaddr_storage to;
    socklen_t size = to_socket(&address, PORT, &to);
    int fd = make_socket(family, type, 0);
    int error = sendto(fd, "", 1, flags, (struct sockaddr *)&to, size) < 0 ? errno : 0;

    close(fd);
    return error;
}

static bool opens_fast(const char *text)
{
    const struct address address = parse(text);

    try_send(address.family, SOCK_STREAM, text, MSG_FASTOPEN);
    return has_left(IPPROTO_TCP, PORT);
}

static void test_roundabout(void)
{
    const struct address loopback = parse("127.0.0.1"), mapped = parse("::ffff:127.0.0.1");
    int fd = make_socket(AF_INET6, SOCK_DGRAM, 0);

    ok(is_refused(SOCK_STREAM, &mapped, PORT) && is_refused(SOCK_DGRAM, &mapped, PORT),
       "a mapped IPv4 address is refused");
    ok(connects_in_vain(fd, SOCK_DGRAM, &loopback, PORT),
       "an IPv4 address is refused to a socket of IPv6");
    ok(try_send(AF_INET, SOCK_DGRAM, "127.0.0.1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "::1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "::ffff:127.0.0.1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "127.0.0.1", 0) == EPERM,
       "who sends a datagram is told");
    ok(!opens_fast("127.0.0.1") && !opens_fast("::1"), "a connection by TCP Fast Open is refused");
    ok(opens_fast("1.2.3.4") && opens_fast("2600::1"), "to a public address it is not");
}

static bool leaves_with_options(void)
{
    static const uint8_t route[] = {131, 7, 4, 10, 0, 0, 1, 0}; /* by way of 10.0.0.1 */
    const struct address address = parse("1.2.3.4");
    int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

    if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) != 0)
        err(1, "cannot set IP options");
    return !connects_in_vain(fd, SOCK_DGRAM, &address, PORT);
}

/* Whether a packet that is neither TCP nor UDP leaves. */
static bool leaves(int type, int protocol)
{
    static const char echo[8] = {8}; /* of ICMP: a request */
    const struct address address = parse("1.2.3.4");
    struct sockaddr_storage to;
    socklen_t size = to_socket(&address, type == SOCK_RAW ? 0 : PORT, &to);
    int fd = socket(AF_INET, type, protocol);

    if (fd >= 0)
        sendto(fd, echo, sizeof(echo), 0, (struct sockaddr *)&to, size);
    close(fd);
    return has_left((uint8_t)protocol, 0);
}

static void test_protocols(void)
{
    const struct address loopback = parse("127.0.0.1");
    int multipath = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_MPTCP);

    ok(!leaves(SOCK_RAW, IPPROTO_ICMP) && !leaves(SOCK_RAW, 253) &&
           !leaves(SOCK_DGRAM, IPPROTO_UDPLITE) && !leaves(SOCK_SEQPACKET, IPPROTO_SCTP),
       "no other protocol is let out");
    /* on the wire it is TCP; -1 where the kernel has none */
    ok(connects_in_vain(multipath, SOCK_STREAM, &loopback, PORT),
       "a connection by multipath TCP is refused");
}

/* What the guard refuses is else let out: all routes lead to the loopback device. */
static void test_routes(void)
{
    static const char *const addresses[] = {"127.0.0.1", "10.0.0.1", "1.2.3.4",
                                            "::1",       "fd00::1",  "2600::1"};
    bool out = leaves(SOCK_RAW, IPPROTO_ICMP) && leaves(SOCK_RAW, 253) && leaves_with_options();

    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        const struct address address = parse(addresses[i]);

        out &= !is_refused(SOCK_DGRAM, &address, PORT) && !is_refused(SOCK_STREAM, &address, PORT);
    }
    ok(out, "without the guard, packets leave to any address");
}

static void make_routes(void)
{
    struct rtentry ipv4 = {.rt_dst.sa_family = AF_INET,
                           .rt_genmask.sa_family = AF_INET,
                           .rt_flags = RTF_UP,
                           .rt_dev = "lo"};
    const struct in6_rtmsg ipv6 = {
        .rtmsg_metric = 1, .rtmsg_flags = RTF_UP | LOCAL_ROUTE, .rtmsg_ifindex = 1};
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd4 = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);

    sniffer = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
    if (sniffer < 0 || ioctl(fd4, SIOCSIFFLAGS, &up) != 0 || ioctl(fd4, SIOCADDRT, &ipv4) != 0 ||
        ioctl(fd6, SIOCADDRT, &ipv6) != 0)
        err(1, "cannot make routes to the loopback device");
    close(fd4);
    close(fd6);
}

/* In this mount namespace the guard reads a resolv.conf of the test's own. */
static void show_resolv_conf(void)
{
    char path[] = "/tmp/resolv.conf.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, resolv_conf, strlen(resolv_conf)) != (ssize_t)strlen(resolv_conf) ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0)
        err(1, "cannot show a resolv.conf of the test's own");
    close(fd);
    unlink(path);
}

static int run_guarded(int directory)
{
    const struct options options = {.root = true, .feeds = "/dev/null"};
    const struct jail broker = {.options = &options, .fds[BROKER_FD_FEEDS] = -1};
    struct cgroup cgroup = {.directory = directory};
    int procs = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);

    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
        err(1, "cannot leave the network and the mounts");
    show_resolv_conf();
    make_routes();
    test_routes();
    address_guard_attach(&cgroup, &broker);
    if (write(procs, "0", 1) != 1)
        err(1, "cannot enter the guarded cgroup");
    srandom(1);
    test_tables(SOCK_DGRAM, "UDP");
    test_tables(SOCK_STREAM, "TCP");
    test_random(AF_INET, "IPv4");
    test_random(AF_INET6, "IPv6");
    test_name_servers();
    test_roundabout();
    ok(!leaves_with_options(), "a packet with IP options is refused");
    test_protocols();
    return done();
}

int main(void)
{
    const struct options options = {.root = true};
    char path[128];
    int status;
    pid_t child;

    if (geteuid() != 0 || !cgroups_have_v2(&options)) {
        ok(true, "the address guard # skip needs root and cgroup v2");
        return done();
    }
    snprintf(path, sizeof(path), "%s/address-guard-%d",
             access("/sys/fs/cgroup/unified", F_OK) == 0 ? "/sys/fs/cgroup/unified"
                                                         : "/sys/fs/cgroup",
             getpid());
    if (mkdir(path, 0755) != 0)
        err(1, "cannot make the cgroup %s", path);
    child = fork();
    if (child == 0)
        exit(run_guarded(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    waitpid(child, &status, 0);
    while (rmdir(path) != 0 && errno == EBUSY)
        usleep(1000);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
