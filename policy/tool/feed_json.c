/* Shows a feeds file as JSON. */
#include "policy/tool/feed_table.h"

#include "netbroker/argument.h"
#include "netbroker/networks.h"
#include "policy/tool/feed_bits.h"
#include "policy/tool/feed_groups.h"
#include "policy/tool/json.h"

#include <arpa/inet.h>
#include <stdio.h>

static void add(struct json_object *object, const char *key, struct json_object *value)
{
    json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
    if (value)
        add(object, key, json_object_new_string(value));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
    add(object, key, json_object_new_uint64(value));
}

static struct json_object *json_request(const struct feed_groups *groups, const char *method,
                                        const char *url)
{
    struct json_object *request = json_object_new_object();
    const struct host *host = hosts_find(&groups->hosts, url);

    add_string(request, "method", method);
    add_string(request, "host", host->name);
    add_number(request, "tcp_port", host->tcp_port);
    add_string(request, "path", feed_url_path(url));
    return request;
}

static struct json_object *json_strings(char **strings)
{
    struct json_object *list = json_object_new_array();

    for (; strings && *strings; strings++)
        json_object_array_add(list, json_object_new_string(*strings));
    return list;
}

static struct json_object *json_argument(const struct argument *argument)
{
    static const char *const places[] = {
        [ARGUMENT_IN_PATH] = "path", [ARGUMENT_IN_QUERY] = "query", [ARGUMENT_IN_BODY] = "body"};
    struct json_object *object = json_object_new_object();

    add_string(object, "place", places[argument->place]);
    if (argument->value_count > 0) {
        add(object, "values", json_strings(argument->value));
    } else {
        add_string(object, "words", argument->words);
        add_number(object, "characters", argument->character_count);
        add_number(object, "least", argument->least);
        add_number(object, "most", argument->most);
    }
    add(object, "bits", json_object_new_double(argument->millibits / 1000.0));
    return object;
}

static struct json_object *json_port(const struct feed_groups *groups, const struct feed *feed)
{
    struct json_object *port = json_object_new_object(), *request;

    add_number(port, "port", feed->port);
    add_string(port, "name", feed->name);
    add_string(port, "file", feed->file);
    if (feed->lookup_url)
        add(port, "lookup", json_request(groups, "GET", feed->lookup_url));
    request = json_request(groups, feed->is_post ? "POST" : "GET", feed->url);
    add(request, "headers", json_strings(feed->headers));
    add_string(request, "body", feed->body);
    add(port, "request", request);
    if (feed->argument)
        add(port, "argument", json_argument(feed->argument));
    add_string(port, "credential", feed->credential);
    add_string(port, "header", feed->header);
    add_string(port, "ca", feed->ca);
    add_string(port, "pinned_key", feed->pinned_key);
    return port;
}

static void add_bits(struct json_object *object, const struct feed_bits *bits)
{
    add_number(object, "requests_per_hour", bits->requests);
    add(object, "bits_by_argument", json_object_new_double(bits->by_argument));
    add(object, "bits_by_time", json_object_new_double(bits->by_time));
}

static struct json_object *json_group(const struct feed_groups *groups,
                                      const struct feed_group *group)
{
    struct json_object *object = json_object_new_object(), *ports = json_object_new_array();
    const struct feed *feed = group->feed[0];
    struct feed_bits bits = {0};

    for (size_t i = 0; i < group->count; i++) {
        json_object_array_add(ports, json_port(groups, group->feed[i]));
        feed_bits_add(&bits, group->feed[i]);
    }
    add(object, "ports", ports);
    add(object, "allow_private", json_object_new_boolean(feed->allow_private));
    add_number(object, "connect_ms", feed->connect_ms);
    add_number(object, "total_ms", feed->total_ms);
    add_number(object, "max_bytes", feed->max_bytes);
    add_number(object, "max_text", feed->max_text);
    add_number(object, "ttl_seconds", feed->ttl_seconds);
    add_bits(object, &bits);
    return object;
}

static struct json_object *json_networks(int family, const struct network *network, size_t count)
{
    struct json_object *list = json_object_new_array();
    char text[INET6_ADDRSTRLEN + sizeof("/128")], address[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < count; i++) {
        inet_ntop(family, network[i].prefix, address, sizeof(address));
        snprintf(text, sizeof(text), "%s/%u", address, network[i].bits);
        json_object_array_add(list, json_object_new_string(text));
    }
    return list;
}

/* Which addresses are public; see netbroker/networks.h. */
static struct json_object *json_public(void)
{
    struct json_object *object = json_object_new_object();

    add(object, "ipv4_except", json_networks(AF_INET, ipv4_special, NETWORKS(ipv4_special)));
    add(object, "ipv6", json_networks(AF_INET6, &ipv6_global, 1));
    add(object, "ipv6_except", json_networks(AF_INET6, ipv6_special, NETWORKS(ipv6_special)));
    add(object, "ipv6_by_ipv4_in_it", json_networks(AF_INET6, &ipv6_nat64, 1));
    return object;
}

void feed_table_json(const char *path)
{
    struct feed_groups groups = feed_groups_read(path);
    struct json_object *object = json_object_new_object(), *feeds = json_object_new_array();
    struct feed_bits bits = {0};

    for (size_t i = 0; i < groups.count; i++)
        json_object_array_add(feeds, json_group(&groups, &groups.group[i]));
    add(object, "feeds", feeds);
    for (size_t i = 0; i < groups.feeds.count; i++)
        feed_bits_add(&bits, &groups.feeds.feed[i]);
    add_bits(object, &bits);
    add(object, "public_addresses", json_public());
    json_print(object);
}
