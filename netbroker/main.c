/*
 * The life of the broker on one page: take what was handed over, start the resolver while no secret
 * is in memory, prepare libcurl, give up everything else, answer the VMM's questions.
 */
#include "cache.h"
#include "landlock.h"
#include "policy/policy.h"
#include "serve.h"

#include <err.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static const char usage[] =
    "usage: sparkler-netbroker [--offline-samples | --check]\n"
    "Answers the feed devices of one VM from the internet. Started by jailer, which hands over "
    "the\n"
    "link to the VM, the feeds file and the trusted authorities as descriptors.\n"
    "  --offline-samples  serve a feed's sample, marked as such, when its server is out of reach\n"
    "  --check            only check the feeds file and its credentials, then exit\n";

struct options {
    bool offline_samples, check;
};

static struct options parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"offline-samples", no_argument, NULL, 'o'},
        {"check", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {0};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'o':
            options.offline_samples = true;
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

static void confine(const struct hosts *hosts)
{
    uint16_t ports[hosts->count + 1];

    for (size_t i = 0; i < hosts->count; i++)
        ports[i] = hosts->host[i].port;
    landlock_confine(ports, hosts->count, LANDLOCK_NO_FILES);
    policy_install(&policy_netbroker);
}

/* Holds for the resolver, too. */
static void prepare_process(void)
{
    /* Before Linux 6.14 a program that is started by its descriptor is named after the number. */
    prctl(PR_SET_NAME, "sparkler-netbroker");
    /* exec made the process dumpable again: no core, no ptrace by a process of our own uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid core dumps");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        err(1, "cannot set no_new_privs");
    /* All memory by brk(2): the policies then need neither mmap(2) nor mremap(2). */
    mallopt(M_MMAP_MAX, 0);
    tzset();
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);

    prepare_process();
    struct handed handed = handed_take();
    struct feeds feeds = feeds_parse(handed.feeds.data, handed.feeds.length);
    struct hosts hosts = hosts_of_feeds(&feeds);

    struct resolver *resolver = options.check ? NULL : resolver_start(&hosts);

    handed_read(&handed);
    handed_check(&handed, &feeds);
    if (options.check)
        return 0;

    struct fetcher *fetcher = fetcher_new(&handed, &feeds, &hosts, resolver);
    struct cache *cache = cache_new(&feeds, fetcher, options.offline_samples);

    confine(&hosts);
    serve(cache, &feeds);
    return 0;
}
