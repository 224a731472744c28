/*
 * The lock "address guard": loads the programs of address_program.c and puts them on the broker's
 * cgroup (bpf(2), cgroups(7)). They stay there without a descriptor, and end with the cgroup.
 */
#include "address_guard.h"

#include "address_program.h"
#include "cgroup.h"
#include "kernel.h"

#include "policy/fds.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Returns a descriptor of the program; -1 and errno if the kernel refuses it. */
static int load(const struct program *program, enum bpf_prog_type type,
                enum bpf_attach_type attach_type)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = type;
    attributes.expected_attach_type = attach_type;
    attributes.insns = (uintptr_t)program->code;
    attributes.insn_cnt = program->length;
    attributes.license = (uintptr_t) "MIT";
    strcpy(attributes.prog_name, "sparkler_guard");
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

static void attach(int cgroup, const struct program *program, enum bpf_prog_type type,
                   enum bpf_attach_type attach_type)
{
    int loaded = load(program, type, attach_type);
    union bpf_attr attributes;

    if (loaded < 0)
        err(1, "cannot load a program of the address guard (bpf)");
    memset(&attributes, 0, sizeof(attributes));
    attributes.target_fd = (unsigned)cgroup;
    attributes.attach_bpf_fd = (unsigned)loaded;
    attributes.attach_type = attach_type;
    attributes.attach_flags = BPF_F_ALLOW_MULTI; /* beside those that the host may have */
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof(attributes)) != 0)
        err(1, "cannot put the address guard on the broker's cgroup (bpf)");
    close(loaded);
}

static bool add_server(struct name_servers *servers, const char *text)
{
    struct in6_addr *ipv6 = &servers->ipv6[servers->ipv6_count];

    if (inet_pton(AF_INET, text, &servers->ipv4[servers->ipv4_count]) == 1) {
        servers->ipv4_count++;
        return true;
    }
    if (inet_pton(AF_INET6, text, ipv6) != 1)
        return false;
    servers->ipv6_count++;
    if (IN6_IS_ADDR_V4MAPPED(ipv6))
        memcpy(&servers->mapped[servers->mapped_count++], &ipv6->s6_addr[12],
               sizeof(*servers->mapped));
    return true;
}

/* As glibc in the resolver's jail reads the file: up to three servers; without any, the local one.
 */
static struct name_servers read_name_servers(void)
{
    struct name_servers servers = {0};
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[512], text[64];
    unsigned count = 0;

    while (file && count < NAME_SERVERS_MAX && fgets(line, sizeof(line), file))
        if (sscanf(line, "nameserver %63[0-9a-fA-F.:]", text) == 1)
            count += add_server(&servers, text);
    if (file)
        fclose(file);
    if (count == 0)
        add_server(&servers, "127.0.0.1");
    return servers;
}

void address_guard_attach(const struct cgroup *cgroup)
{
    const struct name_servers no_servers = {0};
    struct name_servers servers;
    struct program program;

    if (cgroup->guarded[1] < 0)
        return;
    servers = read_name_servers();
    program = address_program_ipv4(&servers);
    attach(cgroup->directory, &program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT);
    program = address_program_ipv6(&servers);
    attach(cgroup->directory, &program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT);
    program = address_program_datagram(&servers);
    attach(cgroup->directory, &program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG);
    program = address_program_datagram(&no_servers);
    attach(cgroup->directory, &program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG);
    program = address_program_socket();
    attach(cgroup->directory, &program, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE);
    if (write(cgroup->guarded[1], "", 1) != 1)
        err(1, "cannot tell the jails that the address guard is attached");
}

/*
 * Whether a feed may have a private address: "allow_private": true. In JSON these characters, with
 * white space around the colon, are that key and that value and nothing else; who escapes one of
 * them gets the guard, and no answer.
 */
static bool allow_private(int feeds)
{
    static const char wanted[] = "\"allow_private\":true";
    const size_t colon = (size_t)(strchr(wanted, ':') - wanted);
    size_t found = 0;
    char text[4096];
    ssize_t length;

    for (off_t at = 0; (length = pread(feeds, text, sizeof(text), at)) > 0; at += length)
        for (ssize_t i = 0; i < length && wanted[found] != '\0'; i++)
            if (!isspace((unsigned char)text[i]) || (found != colon && found != colon + 1))
                found = text[i] == wanted[found] ? found + 1 : text[i] == '"';
    return wanted[found] == '\0';
}

/* The feeds file that the broker is given, or for --explain would be. */
static bool feeds_allow_private(const struct jail *broker)
{
    int feeds = broker->fds[BROKER_FD_FEEDS];
    bool allowed;

    if (feeds >= 0)
        return allow_private(feeds);
    feeds = open(broker->options->feeds, O_RDONLY | O_CLOEXEC);
    allowed = allow_private(feeds);
    close(feeds);
    return allowed;
}

static const char *why_skipped(const struct jail *broker)
{
    if (!broker->options->root)
        return "only root can attach it";
    if (feeds_allow_private(broker))
        return "a feed may have a private address";
    return NULL;
}

static const char *why_missing(bool has_v2)
{
    const struct program program = address_program_socket();
    int loaded;

    if (!has_v2)
        return "needs cgroup v2";
    loaded = load(&program, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE);
    if (loaded < 0)
        return errno == EPERM ? "bpf(2) is not permitted here" : "needs CONFIG_CGROUP_BPF";
    close(loaded);
    return NULL;
}

void address_guard_prepare(struct cgroup *cgroup, const struct jail *broker)
{
    if (why_skipped(broker))
        return;
    cgroup->unguarded = why_missing(cgroup->directory >= 0);
    if (!cgroup->unguarded && pipe2(cgroup->guarded, O_CLOEXEC) != 0)
        err(1, "cannot make a pipe");
}

/* Decided once a jail has cgroups; before that, for --explain, what the decision would be. */
static const char *skipped(const struct jail *jail)
{
    if (!jail->cgroups)
        return why_skipped(jail);
    return jail->cgroups->broker.guarded[0] < 0 && !jail->cgroups->broker.unguarded
               ? "the jailer has skipped it"
               : NULL;
}

static const char *missing(const struct jail *jail)
{
    return jail->cgroups ? jail->cgroups->broker.unguarded
                         : why_missing(cgroups_have_v2(jail->options));
}

/* The jailer attaches the guard while the jails close their locks. The byte stays in the pipe, for
 * the next jail in this cgroup. */
static void await_guard(struct jail *jail)
{
    struct pollfd guarded = {.fd = jail->cgroup->guarded[0], .events = POLLIN};

    close(jail->cgroup->guarded[1]);
    while (poll(&guarded, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "cannot wait for the address guard");
    if ((guarded.revents & POLLIN) == 0) /* the jailer has died */
        _exit(1);
}

const struct lock lock_address_guard = {
    .name = "address guard",
    .what = "no private address but name servers'",
    .roles = BROKER,
    .skipped = skipped,
    .missing = missing,
    .close = await_guard,
};
