/* sparkler-oci image and cache: what create does with a root filesystem, by hand; and what it has
 * kept. */
#include "jailer/oci/cache.h"
#include "jailer/oci/command.h"
#include "jailer/oci/image.h"
#include "jailer/oci/log.h"
#include "jailer/rlimits.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The option that is given, 0 without one, and its value; the rest begins at optind. */
static int read_option(int argc, char **argv, const struct option *names, const char **value)
{
    int option, found = 0;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:", names, NULL)) != -1) {
        if (option == '?' || option == ':')
            fail("%s: %s; see sparkler-oci --help", argv[optind - 1],
                 option == ':' ? "a value is missing" : "no such option");
        if (found != 0)
            fail("%s: expected one option; see sparkler-oci --help", argv[0]);
        found = option;
        *value = optarg;
    }
    return found;
}

int image_command(const struct globals *globals, int argc, char **argv)
{
    static const struct option names[] = {{"output", required_argument, NULL, 'o'}, {0}};
    const char *const why = rlimits_allow_jail();
    const char *output = NULL;
    struct image image;

    (void)globals;
    if (why)
        fail("%s", why);
    read_option(argc, argv, names, &output);
    if (argc - optind != 1)
        fail("image: expected one root filesystem; see sparkler-oci --help");
    if (output) {
        image_of_mount(argv[optind], output);
        return 0;
    }
    image_of_root(argv[optind], &image);
    puts(image.path);
    image_close(&image);
    return 0;
}

/* Bytes, with K, M, G or T behind them. */
static uint64_t parse_size(const char *text)
{
    static const char units[] = "KMGT";
    char *end;
    unsigned long long number;
    const char *unit;

    errno = 0;
    number = strtoull(text, &end, 10);
    unit = *end ? strchr(units, *end) : NULL;
    if (*text < '0' || *text > '9' || errno != 0 || number > UINT64_MAX >> 40 ||
        (*end && (!unit || end[1])))
        fail("--limit %s: expected a number of bytes, which may end with K, M, G or T", text);
    return unit ? number << (10 * (unit - units + 1)) : number;
}

int cache_command(const struct globals *globals, int argc, char **argv)
{
    static const struct option names[] = {
        {"limit", required_argument, NULL, 'l'}, {"empty", no_argument, NULL, 'e'}, {0}};
    const char *size = NULL;
    const int option = read_option(argc, argv, names, &size);
    const uint64_t limit = option == 'l' ? parse_size(size) : 0;
    struct cache cache;

    (void)globals;
    if (optind != argc)
        fail("cache %s: no such argument; see sparkler-oci --help", argv[optind]);
    cache_open(&cache);
    if (option == 'l')
        cache_limit(&cache, limit);
    if (option == 'e')
        cache_empty(&cache);
    else
        cache_list(&cache);
    cache_close(&cache);
    return 0;
}
