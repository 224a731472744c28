/* Shows a feeds file as a table in words: a block of rows for each entry. */
#include "policy/tool/feed_table.h"

#include "netbroker/argument.h"
#include "netbroker/networks.h"
#include "policy/tool/feed_bits.h"
#include "policy/tool/feed_groups.h"
#include "policy/tool/json.h"
#include "policy/tool/parse.h"
#include "policy/tool/wrap.h"

#include <arpa/inet.h>
#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_merged(struct wrap *row, const char *const *texts, size_t count)
{
    char *merged = feed_texts_merge(texts, count);

    wrap_long(row, merged);
    free(merged);
}

/* The same, and frees them. */
static void print_made(struct wrap *row, char **texts, size_t count)
{
    print_merged(row, (const char *const *)texts, count);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
}

__attribute__((format(printf, 1, 2))) static char *format(const char *words, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, words);
    if (vasprintf(&text, words, arguments) < 0)
        err(1, "cannot show a feed");
    va_end(arguments);
    return text;
}

static const char *string_at(const struct feed *feed, size_t member)
{
    return *(const char *const *)((const char *)feed + member);
}

/* A string of the ports, merged; `member` is its offset in struct feed. */
static void print_strings(struct wrap *row, const struct feed_group *group, size_t member)
{
    const char *texts[group->count];

    for (size_t i = 0; i < group->count; i++)
        texts[i] = string_at(group->feed[i], member);
    print_merged(row, texts, group->count);
}

#define PRINT_STRINGS(row, group, name) print_strings(row, group, offsetof(struct feed, name))

/* The same of a url, as libcurl understands it, with the TCP port. */
static void print_urls(struct wrap *row, const struct feed_groups *groups,
                       const struct feed_group *group, size_t member)
{
    char *texts[group->count];

    for (size_t i = 0; i < group->count; i++) {
        const char *url = string_at(group->feed[i], member);
        const struct host *host = hosts_find(&groups->hosts, url);

        if (asprintf(&texts[i], "https://%s:%u%s", host->name, host->tcp_port, feed_url_path(url)) <
            0)
            err(1, "cannot show a feed");
    }
    print_merged(row, (const char *const *)texts, group->count);
    for (size_t i = 0; i < group->count; i++)
        free(texts[i]);
}

static void print_name(const struct feed_group *group)
{
    struct wrap row = wrap_begin("feed");

    PRINT_STRINGS(&row, group, name);
    wrap_end(&row);
}

/* How a flat guest asks, and a Linux program: "ports 0x101 to 0x106 and 0x500 or, in /feeds, …" */
static void print_asked_by(const struct feed_group *group)
{
    struct wrap row = wrap_begin("asked by");

    wrap_words(&row, group->count == 1 ? "port" : "ports");
    for (size_t first = 0, next; first < group->count; first = next) {
        next = first + 1;
        while (next < group->count && group->feed[next]->port == group->feed[next - 1]->port + 1)
            next++;
        wrap_print(&row, "%s0x%x", first > 0 ? "and " : "", group->feed[first]->port);
        if (next - first > 1)
            wrap_print(&row, "to 0x%x", group->feed[next - 1]->port);
    }
    wrap_words(&row, "or, in /feeds,");
    PRINT_STRINGS(&row, group, file);
    wrap_end(&row);
}

static void print_headers(const struct feed_group *group)
{
    char **headers = group->feed[0]->headers;
    const char *texts[group->count];

    for (size_t header = 0; headers && headers[header]; header++) {
        struct wrap row = wrap_begin("header");

        for (size_t i = 0; i < group->count; i++)
            texts[i] = group->feed[i]->headers[header];
        print_merged(&row, texts, group->count);
        wrap_end(&row);
    }
}

static void print_body(const struct feed_group *group)
{
    struct wrap row = wrap_begin("body");
    char *texts[group->count];

    for (size_t i = 0; i < group->count; i++)
        texts[i] = json_ascii(group->feed[i]->body);
    print_made(&row, texts, group->count);
    wrap_end(&row);
}

static void print_requests(const struct feed_groups *groups, const struct feed_group *group)
{
    const struct feed *feed = group->feed[0];
    struct wrap row;

    if (feed->lookup_url) {
        row = wrap_begin("lookup");
        wrap_words(&row, "GET");
        print_urls(&row, groups, group, offsetof(struct feed, lookup_url));
        wrap_words(&row, "once; its answer says what {id} is");
        wrap_end(&row);
    }
    row = wrap_begin("request");
    wrap_words(&row, feed->is_post ? "POST" : "GET");
    print_urls(&row, groups, group, offsetof(struct feed, url));
    wrap_end(&row);
    print_headers(group);
    if (feed->body)
        print_body(group);
}

/* Where the argument goes, and which ones there are. */
static void print_argument(const struct feed_group *group)
{
    static const char *const places[] = {
        [ARGUMENT_IN_PATH] = "in the path, percent-encoded:",
        [ARGUMENT_IN_QUERY] = "in the query, percent-encoded:",
        [ARGUMENT_IN_BODY] = "in the body, as a JSON string:",
    };
    struct wrap row = wrap_begin("argument");
    const char *texts[group->count];

    if (!group->feed[0]->argument) {
        wrap_words(&row, "none");
        wrap_end(&row);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        texts[i] = group->feed[i]->argument->words;
    wrap_words(&row, places[group->feed[0]->argument->place]);
    print_merged(&row, texts, group->count);
    wrap_end(&row);
}

static void print_server(const struct feed_group *group)
{
    const struct feed *feed = group->feed[0];
    struct wrap row = wrap_begin("server");

    wrap_words(&row,
               feed->allow_private ? "at any address, private ones too," : "at a public address,");
    wrap_words(&row, "with a certificate by an authority of");
    if (feed->ca) {
        wrap_words(&row, "the credential");
        PRINT_STRINGS(&row, group, ca);
    } else {
        wrap_words(&row, "jailer --ca");
    }
    if (feed->pinned_key) {
        wrap_words(&row, "for the key");
        PRINT_STRINGS(&row, group, pinned_key);
    }
    wrap_end(&row);
}

/* The header, with the credential's name in the place of its secret. */
static void print_credential(const struct feed_group *group)
{
    struct wrap row = wrap_begin("credential");
    char *texts[group->count];

    if (!group->feed[0]->credential) {
        wrap_words(&row, "none");
        wrap_end(&row);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        texts[i] = format("%s<%s>", group->feed[i]->header, group->feed[i]->credential);
    print_made(&row, texts, group->count);
    wrap_end(&row);
}

static void print_limits(const struct feed *feed)
{
    struct wrap row = wrap_begin("limits");

    wrap_print(&row, "%g s to connect,", feed->connect_ms / 1000.0);
    wrap_print(&row, "%g s in all;", feed->total_ms / 1000.0);
    wrap_print(&row, "%u bytes of body,", feed->max_bytes);
    wrap_print(&row, "%u of text;", feed->max_text);
    wrap_print(&row, "an answer is fresh for %u s", feed->ttl_seconds);
    wrap_end(&row);
}

static void print_bits(const char *heading, const struct feed_bits *bits)
{
    const double by_argument = ceil(bits->by_argument), by_time = ceil(bits->by_time);
    struct wrap row = wrap_begin(heading);

    wrap_print(&row, "at most %.0f bits an hour:", by_argument + by_time);
    if (by_argument > 0) {
        wrap_print(&row, "%.0f by the arguments", by_argument);
        wrap_print(&row, "and %.0f", by_time);
    }
    wrap_print(&row, "by the times of %lu requests", bits->requests);
    wrap_end(&row);
}

static void print_group(const struct feed_groups *groups, const struct feed_group *group)
{
    struct feed_bits bits = {0};

    print_name(group);
    print_asked_by(group);
    print_requests(groups, group);
    print_argument(group);
    print_server(group);
    print_credential(group);
    print_limits(group->feed[0]);
    for (size_t i = 0; i < group->count; i++)
        feed_bits_add(&bits, group->feed[i]);
    print_bits("tells", &bits);
    putchar('\n');
}

static void print_networks(struct wrap *row, int family, const struct network *network,
                           size_t count)
{
    char address[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < count; i++)
        wrap_print(row, "%s/%u", inet_ntop(family, network[i].prefix, address, sizeof(address)),
                   network[i].bits);
}

/* See netbroker/networks.h. */
static void print_public_addresses(void)
{
    struct wrap row = wrap_begin("public");

    wrap_words(&row, "are all IPv4 addresses but");
    print_networks(&row, AF_INET, ipv4_special, NETWORKS(ipv4_special));
    wrap_words(&row, "and of IPv6");
    print_networks(&row, AF_INET6, &ipv6_global, 1);
    wrap_words(&row, "but");
    print_networks(&row, AF_INET6, ipv6_special, NETWORKS(ipv6_special));
    wrap_words(&row, "and");
    print_networks(&row, AF_INET6, &ipv6_nat64, 1);
    wrap_words(&row, "if the IPv4 address in it is public");
    wrap_end(&row);
}

void feed_table_print(const char *feeds_file)
{
    struct feed_groups groups = feed_groups_read(feeds_file);
    struct feed_bits bits = {0};

    for (size_t i = 0; i < groups.count; i++)
        print_group(&groups, &groups.group[i]);
    for (size_t i = 0; i < groups.feeds.count; i++)
        feed_bits_add(&bits, &groups.feeds.feed[i]);
    print_bits("all tell", &bits);
    print_public_addresses();
}
