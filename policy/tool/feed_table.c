/* Shows a feeds file as a table in words: a block of rows for each entry. */
#include "policy/tool/feed_table.h"

#include "netbroker/networks.h"
#include "policy/tool/feed_groups.h"
#include "policy/tool/wrap.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the function makes of each port, merged. It returns a string to free. */
static void print_merged(struct wrap *row, const struct feed_groups *groups,
                         const struct feed_group *group,
                         char *(*text)(const struct feed_groups *, const struct feed *))
{
    char *texts[group->count], *merged;

    for (size_t i = 0; i < group->count; i++) {
        texts[i] = text(groups, group->feed[i]);
        if (!texts[i])
            err(1, "cannot show a feed");
    }
    merged = feed_texts_merge((const char *const *)texts, group->count);
    wrap_long(row, merged);
    free(merged);
    for (size_t i = 0; i < group->count; i++)
        free(texts[i]);
}

static char *name(const struct feed_groups *groups, const struct feed *feed)
{
    (void)groups;
    return strdup(feed->name);
}

static char *file(const struct feed_groups *groups, const struct feed *feed)
{
    (void)groups;
    return strdup(feed->file);
}

/* The url as libcurl understands it, with the TCP port. */
static char *whole_url(const struct feed_groups *groups, const char *url)
{
    const struct host *host = hosts_find(&groups->hosts, url);
    char *whole;

    return asprintf(&whole, "https://%s:%u%s", host->name, host->tcp_port, feed_url_path(url)) < 0
               ? NULL
               : whole;
}

static char *request(const struct feed_groups *groups, const struct feed *feed)
{
    return whole_url(groups, feed->url);
}

static char *lookup(const struct feed_groups *groups, const struct feed *feed)
{
    return whole_url(groups, feed->lookup_url);
}

static void print_name(const struct feed_groups *groups, const struct feed_group *group)
{
    struct wrap row = wrap_begin("feed");

    print_merged(&row, groups, group, name);
    wrap_end(&row);
}

/* How a flat guest asks, and a Linux program: "ports 0x101 to 0x106 and 0x500, or /feeds/…" */
static void print_asked_by(const struct feed_groups *groups, const struct feed_group *group)
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
    print_merged(&row, groups, group, file);
    wrap_end(&row);
}

static void print_requests(const struct feed_groups *groups, const struct feed_group *group)
{
    struct wrap row;

    if (group->feed[0]->lookup_url) {
        row = wrap_begin("lookup");
        wrap_words(&row, "GET");
        print_merged(&row, groups, group, lookup);
        wrap_words(&row, "once; its answer says what {id} is");
        wrap_end(&row);
    }
    row = wrap_begin("request");
    wrap_words(&row, "GET");
    print_merged(&row, groups, group, request);
    wrap_end(&row);
}

static void print_server(const struct feed *feed)
{
    struct wrap row = wrap_begin("server");

    wrap_words(&row,
               feed->allow_private ? "at any address, private ones too," : "at a public address,");
    wrap_words(&row, "with a certificate by an authority of");
    if (feed->ca)
        wrap_print(&row, "the credential \"%s\"", feed->ca);
    else
        wrap_words(&row, "jailer --ca");
    if (feed->pinned_key) {
        wrap_words(&row, "for the key");
        wrap_long(&row, feed->pinned_key);
    }
    wrap_end(&row);
}

static void print_credential(const struct feed *feed)
{
    struct wrap row = wrap_begin("credential");

    if (feed->credential)
        wrap_print(&row, "\"%s\", sent as \"%s...\"", feed->credential, feed->header);
    else
        wrap_words(&row, "none");
    wrap_end(&row);
}

static void print_limits(const struct feed *feed)
{
    struct wrap row = wrap_begin("limits");

    wrap_print(&row, "%g s to connect,", feed->connect_ms / 1000.0);
    wrap_print(&row, "%g s in all,", feed->total_ms / 1000.0);
    wrap_print(&row, "%u bytes of body;", feed->max_bytes);
    wrap_print(&row, "an answer is fresh for %u s", feed->ttl_seconds);
    wrap_end(&row);
}

static void print_group(const struct feed_groups *groups, const struct feed_group *group)
{
    const struct feed *feed = group->feed[0];

    print_name(groups, group);
    print_asked_by(groups, group);
    print_requests(groups, group);
    print_server(feed);
    print_credential(feed);
    print_limits(feed);
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

    for (size_t i = 0; i < groups.count; i++)
        print_group(&groups, &groups.group[i]);
    print_public_addresses();
}
