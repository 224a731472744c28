/*
 * The address guard in the running kernel against the broker's own (address.c), which is made of
 * the same table: a child enters a guarded cgroup and a network namespace where nothing is, and
 * connects to addresses of every network. What is refused with EPERM the guard has refused.
 */
#include "jailer/address_guard.h"
#include "netbroker/address.h"
#include "netbroker/networks.h"

#include "tap.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANDOM 20000 /* addresses of each family */

static const char resolv_conf[] = "; a comment\n"
                                  "search example.test\n"
                                  "nameserver 127.0.0.53\n"
                                  "nameserver fd00::53\n"
                                  "nameserver ::ffff:10.0.0.53\n"
                                  "nameserver 10.0.0.54\n";

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

/* The errno of a connection by a socket of that family; 0 if it could be made. */
static int try_connect(int family, int type, const struct address *address, uint16_t port)
{
    struct sockaddr_storage to;
    socklen_t size = to_socket(address, port, &to);
    int fd = socket(family, type | SOCK_NONBLOCK, 0), error;

    if (fd < 0)
        err(1, "cannot make a socket");
    error = connect(fd, (struct sockaddr *)&to, size) == 0 ? 0 : errno;
    close(fd);
    return error;
}

static bool is_refused(int type, const struct address *address, uint16_t port)
{
    return try_connect(address->family, type, address, port) == EPERM;
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

    if (is_refused(type, address, 443) == !address_is_public(address))
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
        {"127.0.0.54", 53, true},  {"10.0.0.53", 53, true},    {"10.0.0.53", 80, true},
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

static int try_send(int family, int type, const char *text, int flags)
{
    const struct address address = parse(text);
    struct sockaddr_storage to;
    socklen_t size = to_socket(&address, 443, &to);
    int fd = socket(family, type | SOCK_NONBLOCK, 0);
    int error = sendto(fd, "", 1, flags, (struct sockaddr *)&to, size) < 0 ? errno : 0;

    close(fd);
    return error;
}

static void test_roundabout(void)
{
    const struct address loopback = parse("127.0.0.1"), mapped = parse("::ffff:127.0.0.1");

    ok(is_refused(SOCK_STREAM, &mapped, 443) && is_refused(SOCK_DGRAM, &mapped, 443),
       "a mapped IPv4 address is refused");
    ok(try_connect(AF_INET6, SOCK_DGRAM, &loopback, 443) == EPERM,
       "an IPv4 address is refused to a socket of IPv6");
    ok(try_send(AF_INET, SOCK_DGRAM, "127.0.0.1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "::1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "::ffff:127.0.0.1", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "127.0.0.1", 0) == EPERM,
       "a datagram without a connection is refused");
    ok(try_send(AF_INET, SOCK_DGRAM, "1.2.3.4", 0) == EPERM &&
           try_send(AF_INET6, SOCK_DGRAM, "2600::1", 0) == EPERM,
       "to a public address, too");
    ok(try_send(AF_INET, SOCK_STREAM, "127.0.0.1", MSG_FASTOPEN) == EPERM &&
           try_send(AF_INET6, SOCK_STREAM, "::1", MSG_FASTOPEN) == EPERM,
       "a connection by TCP Fast Open is refused");
    ok(try_send(AF_INET, SOCK_STREAM, "1.2.3.4", MSG_FASTOPEN) != EPERM,
       "to a public address it is not");
}

static void test_protocols(void)
{
    static const int other[] = {IPPROTO_ICMP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_MPTCP};
    static const int types[] = {SOCK_RAW, SOCK_DGRAM, SOCK_STREAM, SOCK_STREAM};

    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
        ok(socket(AF_INET, types[i], other[i]) < 0 &&
               (errno == EPERM || errno == EPROTONOSUPPORT || errno == ESOCKTNOSUPPORT),
           "no socket of protocol %d", other[i]);
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
