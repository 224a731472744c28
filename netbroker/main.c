/*
 * The broker on one page: take the input files, start the resolver while no secret is in memory,
 * prepare libcurl, drop all other rights, answer the VMM's requests.
 */
#include "cache.h"
#include "landlock.h"
#include "policy/fds.h"
#include "policy/runtime/policy.h"
#include "serve.h"

#include <err.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>

static const char usage[] =
    "usage: sparkler-netbroker [--offline-samples] [--given-up PORT,...] [--interrupted NUMBER]\n"
    "       sparkler-netbroker --check\n"
    "Answers the feed devices of one VM from the internet. Started by jailer, which hands over\n"
    "the link to the VM, the feeds file and the trusted authorities as descriptors.\n"
    "  --offline-samples    show a feed's sample, marked as such, if its server is out of reach\n"
    "  --given-up PORT,...  do not fetch these feeds: earlier brokers died on them\n"
    "  --interrupted NUMBER do not repeat this request, if it is a POST: a broker died on it\n"
    "  --check              only check the feeds file and its credentials, print the port and\n"
    "                       the name of each feed, then exit\n";

struct options {
    bool offline_samples, check;
    const char *given_up; /* ports, separated by commas */
    int64_t interrupted;  /* the sequence of a request, or -1 */
};

static int64_t parse_sequence(const char *number)
{
    char *end;
    unsigned long sequence = strtoul(number, &end, 10);

    if (*number < '0' || *number > '9' || *end != '\0' || sequence > UINT32_MAX)
        errx(1, "--interrupted %s: expected the number of a request", number);
    return (int64_t)sequence;
}

static struct options parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"offline-samples", no_argument, NULL, 'o'},
        {"given-up", required_argument, NULL, 'g'},
        {"interrupted", required_argument, NULL, 'i'},
        {"check", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {.given_up = "", .interrupted = -1};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'o':
            options.offline_samples = true;
            break;
        case 'g':
            options.given_up = optarg;
            break;
        case 'i':
            options.interrupted = parse_sequence(optarg);
            break;
        case 'c':
            options.check = true;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            fputs(usage, stderr);
            exit(1);
        }
    }
    if (optind < argc)
        errx(1, "unexpected argument '%s'", argv[optind]);
    return options;
}

static void give_up(const struct feeds *feeds, const char *ports)
{
    const char *next = ports;
    char *end;

    while (*next != '\0') {
        unsigned long port = strtoul(next, &end, 16);

        if (end == next)
            errx(1, "--given-up %s: expected ports in hexadecimal", ports);
        for (size_t i = 0; i < feeds->count; i++)
            if (feeds->feed[i].port == port)
                feeds->feed[i].given_up = true;
        next = *end == ',' ? end + 1 : end;
    }
}

/* Without stdio, whose calls the policy does not allow on this descriptor. */
static void print_names(const struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++) {
        const struct feed *feed = &feeds->feed[i];
        char port[sizeof("0x1234 ")];
        const int length = snprintf(port, sizeof(port), "0x%x ", feed->port);
        const struct iovec line[] = {
            {port, (size_t)length}, {(char *)feed->name, strlen(feed->name)}, {"\n", 1}};

        if (writev(FD_CONSOLE_OUT, line, 3) < 0)
            err(1, "cannot print the names of the feeds");
    }
}

static void confine(const struct hosts *hosts)
{
    uint16_t tcp_ports[hosts->count + 1];

    for (size_t i = 0; i < hosts->count; i++)
        tcp_ports[i] = hosts->host[i].tcp_port;
    landlock_confine(tcp_ports, hosts->count, LANDLOCK_NO_FILES);
    policy_install(&policy_netbroker);
}

/* What broker and resolver have in common. */
static void prepare_process(void)
{
    /* Before Linux 6.14, fexecve(3) names a process after the descriptor. */
    prctl(PR_SET_NAME, "sparkler-netbroker");
    /* execve(2) made the process dumpable again: no core, no ptrace(2) by our own uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid core dumps");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        err(1, "cannot set no_new_privs");
    /* Allocate with brk(2) only, so that the policies can deny mmap(2) and mremap(2). */
    mallopt(M_MMAP_MAX, 0);
    tzset();
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);

    prepare_process();
    struct inputs inputs = inputs_take();
    struct feeds feeds = feeds_parse(inputs.feeds.data, inputs.feeds.length);
    struct hosts hosts = hosts_of_feeds(&feeds);
    give_up(&feeds, options.given_up);

    struct resolver *resolver = options.check ? NULL : resolver_start(&hosts);

    inputs_read_rest(&inputs);
    inputs_check(&inputs, &feeds);
    if (options.check) {
        print_names(&feeds);
        return 0;
    }

    struct fetcher *fetcher = fetcher_new(&inputs, &feeds, &hosts, resolver);
    struct ledger *ledger = ledger_new();
    struct cache *cache = cache_new(&feeds, fetcher, ledger, options.offline_samples);

    confine(&hosts);
    serve(cache, ledger, &feeds, options.interrupted);
    return 0;
}
