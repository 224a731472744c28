/*
 * The lock "address guard": loads the program of address_program.c and puts it on the broker's
 * cgroup (bpf(2), cgroups(7)). It stays there without a descriptor, and ends with the cgroup.
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
#include <stdio.h>
#include <string.h>

static const char needs_v2[] = "needs cgroup v2";

/* Returns a descriptor of the program; -1 and errno if the kernel refuses it. */
static int load(const struct program *program)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
    attributes.expected_attach_type = BPF_CGROUP_INET_EGRESS;
    attributes.insns = (uintptr_t)program->code;
    attributes.insn_cnt = program->length;
    attributes.license = (uintptr_t) "MIT";
    strcpy(attributes.prog_name, "sparkler_guard");
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

/* Takes a program that is loaded. */
static void attach(int cgroup, int program)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.target_fd = (unsigned)cgroup;
    attributes.attach_bpf_fd = (unsigned)program;
    attributes.attach_type = BPF_CGROUP_INET_EGRESS;
    attributes.attach_flags = BPF_F_ALLOW_MULTI; /* beside those that the host may have */
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof(attributes)) != 0)
        err(1, "cannot put the address guard on the broker's cgroup (bpf)");
    close(program);
}

/* A mapped IPv4 address is asked over IPv4. */
static bool add_server(struct name_servers *servers, const char *text)
{
    struct in6_addr *ipv6 = &servers->ipv6[servers->ipv6_count];
    struct in_addr *ipv4 = &servers->ipv4[servers->ipv4_count];

    if (inet_pton(AF_INET, text, ipv4) == 1) {
        servers->ipv4_count++;
        return true;
    }
    if (inet_pton(AF_INET6, text, ipv6) != 1)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(ipv6)) {
        memcpy(ipv4, &ipv6->s6_addr[12], sizeof(*ipv4));
        servers->ipv4_count++;
    } else {
        servers->ipv6_count++;
    }
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

/* Why the kernel has not loaded the program. */
static const char *why_refused(void)
{
    if (errno == EPERM)
        return "bpf(2) is not permitted here";
    return errno == EINVAL ? "needs CONFIG_CGROUP_BPF" : "the kernel refuses its program";
}

void address_guard_attach(struct cgroup *cgroup, const struct jail *broker)
{
    struct name_servers servers;
    struct program code;
    int program;

    if (why_skipped(broker))
        return;
    if (cgroup->directory < 0) {
        cgroup->unguarded = needs_v2;
        return;
    }
    servers = read_name_servers();
    code = address_program(&servers);
    program = load(&code);
    if (program < 0) {
        cgroup->unguarded = why_refused();
        return;
    }
    attach(cgroup->directory, program);
    cgroup->guarded = true;
}

/* Whether it is attached; before that, for --explain, whether it would be. */
static const char *skipped(const struct jail *jail)
{
    if (!jail->cgroups)
        return why_skipped(jail);
    return jail->cgroups->broker.guarded || jail->cgroups->broker.unguarded
               ? NULL
               : "the jailer has skipped it";
}

static const char *missing(const struct jail *jail)
{
    const struct name_servers none = {0};
    struct program code;
    int program;

    if (jail->cgroups)
        return jail->cgroups->broker.unguarded;
    if (!cgroups_have_v2(jail->options))
        return needs_v2;
    code = address_program(&none);
    program = load(&code);
    if (program < 0)
        return why_refused();
    close(program);
    return NULL;
}

/* The jailer closes it, before it locks itself up: the guest, and so the broker, starts after that.
 */
const struct lock lock_address_guard = {
    .name = "address guard",
    .what = "no private address but name servers'",
    .roles = BROKER,
    .skipped = skipped,
    .missing = missing,
};
