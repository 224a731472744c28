/*
 * Parses feeds.json. The table below is the schema; sparkler-feeds(5) documents it. The user wrote
 * the file, but a slip in it is a hole in the policy, so nothing is guessed and nothing ignored.
 */
#include "feeds.h"

#include "definition.h"
#include "feed_checks.h"
#include "feed_paths.h"
#include "feed_question.h"
#include "format/format.h"
#include "ledger.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MS_MAX 25000

/* Beside one request each ttl_seconds, in an hour: what backoff_ms() lets a feed ask a server that
 * fails all the time, and a few for brokers that die. */
#define RETRIES_PER_HOUR 24

_Static_assert(REQUEST_MS_MAX + 2 * LEDGER_REPLY_MS < WIRE_REPLY_SECONDS * 1000,
               "a feed fails before the VMM gives up on the broker");

enum kind { WORDS, LINES, NUMBER, FLAG, FORMAT, PORTS, COMMENT, ARGUMENT, METHOD, HEADERS, BODY };

struct key {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct feed */
    bool required;
    const char *(*check)(const char *); /* of WORDS and LINES, or NULL */
    unsigned standard, low, high;       /* of NUMBER; standard if the key is missing */
};

#define MEMBER(name) .offset = offsetof(struct feed, name)

static const struct key keys[] = {
    {"about", COMMENT, .offset = 0},
    {"name", WORDS, MEMBER(name), .required = true, .check = check_words},
    {"ports", PORTS, MEMBER(port), .required = true},
    {"file", WORDS, MEMBER(file), .check = check_file},
    {"format", FORMAT, MEMBER(format), .required = true},
    {"url", WORDS, MEMBER(url), .required = true, .check = check_url},
    {"lookup_url", WORDS, MEMBER(lookup_url), .check = check_lookup_url},
    {"argument", ARGUMENT, MEMBER(argument)},
    {"bits_per_hour", NUMBER, MEMBER(bits_per_hour), .standard = 0, .low = 1, .high = 1000000},
    {"method", METHOD, MEMBER(is_post)},
    {"headers", HEADERS, MEMBER(headers)},
    {"body", BODY, MEMBER(body)},
    {"place", WORDS, MEMBER(place), .check = check_words},
    {"template", LINES, MEMBER(template), .check = check_template},
    {"credential", WORDS, MEMBER(credential), .check = check_credential},
    {"header", WORDS, MEMBER(header), .check = check_header},
    {"ca", WORDS, MEMBER(ca), .check = check_credential},
    {"pinned_key", WORDS, MEMBER(pinned_key), .check = check_pinned_key},
    {"sample", LINES, MEMBER(sample)},
    {"ttl_seconds", NUMBER, MEMBER(ttl_seconds), .standard = 900, .low = 0, .high = 604800},
    {"requests_per_hour", NUMBER, MEMBER(requests_per_hour), .standard = 0, .low = 1, .high = 3600},
    {"max_bytes", NUMBER, MEMBER(max_bytes), .standard = 65536, .low = 256, .high = 1048576},
    {"max_text", NUMBER, MEMBER(max_text), .standard = TEXT_MAX - 1, .low = 256, .high = 1048576},
    {"connect_ms", NUMBER, MEMBER(connect_ms), .standard = 5000, .low = 100, REQUEST_MS_MAX},
    {"total_ms", NUMBER, MEMBER(total_ms), .standard = 10000, .low = 100, REQUEST_MS_MAX},
    {"allow_private", FLAG, MEMBER(allow_private)},
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* Expands a string, or a list of strings, each of which becomes a line. */
static bool expand_lines(const struct definition *definition, struct json_object *value,
                         const char *key, FILE *out)
{
    if (definition_is_string(value))
        return definition_expand(definition, value, key, json_object_get_string(value), out);
    if (!json_object_is_type(value, json_type_array))
        return refuse(definition->fault, value, key, "a string or a list of strings");
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        struct json_object *line = json_object_array_get_idx(value, i);

        if (!definition_is_string(line))
            return refuse(definition->fault, line, key, "a string for each line");
        if (!definition_expand(definition, line, key, json_object_get_string(line), out))
            return false;
        fputc('\n', out);
    }
    return true;
}

static bool read_string(const struct definition *definition, const struct key *key,
                        struct json_object *value, const char **member)
{
    char *string = NULL;
    size_t length;

    if (key->kind == WORDS && !definition_is_string(value))
        return refuse(definition->fault, value, key->name, "a string");
    FILE *out = open_memstream(&string, &length);
    if (!out)
        err(1, "cannot read the feeds file");
    bool success = expand_lines(definition, value, key->name, out);
    if (fclose(out) != 0)
        err(1, "cannot read the feeds file");

    const char *expected = success && key->check ? key->check(string) : NULL;
    if (expected)
        success = refuse(definition->fault, value, key->name, "%s", expected);
    *member = string; /* the feed owns it even if it is refused */
    return success;
}

static bool read_number(const struct definition *definition, const struct key *key,
                        struct json_object *value, unsigned *member)
{
    *member = key->standard;
    if (!value)
        return true;
    int64_t number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
    if (number < key->low || number > key->high)
        return refuse(definition->fault, value, key->name, "a whole number from %u to %u", key->low,
                      key->high);
    *member = (unsigned)number;
    return true;
}

static bool read_flag(const struct definition *definition, const struct key *key,
                      struct json_object *value, bool *member)
{
    if (!json_object_is_type(value, json_type_boolean))
        return refuse(definition->fault, value, key->name, "true or false");
    *member = json_object_get_boolean(value);
    return true;
}

static bool read_format(const struct definition *definition, const struct key *key,
                        struct json_object *value, const struct format **member)
{
    *member = definition_is_string(value) ? format_find(json_object_get_string(value)) : NULL;
    if (*member)
        return true;
    struct text names = TEXT_EMPTY;
    format_list(&names);
    return refuse(definition->fault, value, key->name, "one of %s", names.data);
}

static bool read_key(const struct definition *definition, const struct key *key, struct feed *feed)
{
    struct json_object *value = definition_get(definition->object, key->name);
    void *member = (char *)feed + key->offset;

    if (!value && key->required)
        return refuse(definition->fault, definition->object, key->name,
                      "in this feed, but it is missing");
    if (key->kind == NUMBER)
        return read_number(definition, key, value, member);
    if (!value)
        return true;

    switch (key->kind) {
    case WORDS:
    case LINES:
        return read_string(definition, key, value, member);
    case FLAG:
        return read_flag(definition, key, value, member);
    case FORMAT:
        return read_format(definition, key, value, member);
    case ARGUMENT:
        return question_read_argument(definition, value, member);
    case METHOD:
        return question_read_method(definition, value, member);
    case HEADERS:
        return question_read_headers(definition, value, member);
    case BODY:
        return question_read_body(definition, value, member);
    case COMMENT:
        return definition_is_string(value) ||
               refuse(definition->fault, value, key->name, "a string");
    default: /* NUMBER: see above; PORTS: read by read_definitions() */
        return true;
    }
}

static const char *presence(bool needed)
{
    return needed ? "with this format, but it is missing" : "nothing: this format does not use it";
}

/* As many as a guest that asks all the time needs: nobody notices the limit. */
static unsigned standard_requests(const struct feed *feed)
{
    return 3600 / (feed->ttl_seconds > 0 ? feed->ttl_seconds : 1) + RETRIES_PER_HOUR;
}

/* Checks what one key alone cannot show. */
static bool check_feed(const struct definition *definition, struct feed *feed)
{
    const bool lookup = format_needs_lookup(feed->format), has_lookup = feed->lookup_url;
    const bool template = format_needs_template(feed->format), has_template = feed->template;
    struct json_object *object = definition->object;
    struct text *fault = definition->fault;

    if (lookup != has_lookup)
        return refuse(fault, object, "lookup_url", "%s", presence(lookup));
    if (strstr(feed->url, "{id}") && !lookup)
        return refuse(fault, definition_get(object, "url"), "url",
                      "no \"{id}\": this format has no lookup");
    if (format_is_bytes(feed->format) && feed->sample)
        return refuse(fault, definition_get(object, "sample"), "sample",
                      "nothing: it is text, and this format makes bytes");
    if (template != has_template)
        return refuse(fault, object, "template", "%s", presence(template));
    if (!feed->credential != !feed->header)
        return refuse(fault, object, "credential", "together with \"header\"");
    if (feed->connect_ms > feed->total_ms)
        return refuse(fault, object, "connect_ms", "at most total_ms");
    return question_check(definition, feed);
}

/* Parses "0x101". Returns -1 if it is not the port of a feed. */
static int parse_port(const char *name)
{
    char *end;
    unsigned long port;

    if (strncmp(name, "0x", 2) != 0 || strlen(name) != strlen("0x101"))
        return -1;
    port = strtoul(name + 2, &end, 16);
    if (*end != '\0' || strspn(name + 2, "0123456789abcdef") != 3)
        return -1;
    return wire_feed_index((uint16_t)port) < 0 ? -1 : (int)port;
}

static bool check_values(struct json_object *values, const char *port, struct text *fault)
{
    if (!json_object_is_type(values, json_type_object))
        return refuse(fault, values, port, "an object with the port's values, or {}");
    json_object_object_foreach(values, name, value)
    {
        if (!definition_is_string(value) || strcmp(name, "id") == 0 ||
            strcmp(name, "argument") == 0 || strlen(name) > 32 || *name == '\0' ||
            strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name))
            return refuse(fault, value, name,
                          "a string, under a name of a-z and '_', not \"id\" or \"argument\"");
    }
    return true;
}

static bool add_feed(const struct definition *definition, const char *name, struct feeds *feeds)
{
    const int port = parse_port(name);

    if (port < 0)
        return refuse(definition->fault, definition->values, name,
                      "a port of a feed: 0x100 to 0x106, 0x201 to 0x206, or 0x500 to 0x5ff");
    for (size_t i = 0; i < feeds->count; i++) {
        if (feeds->feed[i].port == port)
            return refuse(definition->fault, definition->values, name,
                          "a port that no other feed has");
    }
    if (!check_values(definition->values, name, definition->fault))
        return false;

    struct feed *feed = &feeds->feed[feeds->count++];
    feed->port = (uint16_t)port;
    feed->entry = definition->entry;
    for (size_t i = 0; i < KEYS; i++) {
        if (!read_key(definition, &keys[i], feed))
            return false;
    }
    if (!check_feed(definition, feed))
        return false;
    if (feed->requests_per_hour == 0)
        feed->requests_per_hour = standard_requests(feed);
    return true;
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool read_definitions(struct json_object *object, uint16_t entry, struct feeds *feeds,
                             struct text *fault)
{
    if (!json_object_is_type(object, json_type_object))
        return refuse(fault, object, "feeds", "an object for each feed");
    json_object_object_foreach(object, name, value)
    {
        if (!is_known(name))
            return refuse(fault, value, name, "a key of sparkler-feeds(5)");
    }

    struct json_object *ports = definition_get(object, "ports");
    if (!ports)
        return refuse(fault, object, "ports", "in this feed, but it is missing");
    if (!json_object_is_type(ports, json_type_object) || json_object_object_length(ports) == 0)
        return refuse(fault, ports, "ports", "an object, {\"0x101\": {…}, …}");
    json_object_object_foreach(ports, port, values)
    {
        const struct definition definition = {
            .object = object, .values = values, .entry = entry, .fault = fault};
        if (!add_feed(&definition, port, feeds))
            return false;
    }
    return true;
}

static int compare_ports(const void *left, const void *right)
{
    return ((const struct feed *)left)->port - ((const struct feed *)right)->port;
}

static bool read_root(struct json_object *root, struct feeds *feeds, struct text *fault)
{
    struct json_object *list = NULL;
    struct text expected = TEXT_EMPTY;

    if (!json_object_is_type(root, json_type_object))
        return refuse(fault, root, "feeds", "an object that contains it");
    json_object_object_foreach(root, name, value)
    {
        if (strcmp(name, "feeds") == 0)
            list = value;
        else if (strcmp(name, "about") != 0)
            return refuse(fault, value, name, "\"about\" or \"feeds\"");
    }
    if (!json_object_is_type(list, json_type_array))
        return refuse(fault, list ? list : root, "feeds", "a list of feeds");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (!read_definitions(json_object_array_get_idx(list, i), (uint16_t)i, feeds, fault))
            return false;
    }
    qsort(feeds->feed, feeds->count, sizeof(feeds->feed[0]), compare_ports);
    feed_paths_set_defaults(feeds);
    return feed_paths_fit(feeds, &expected) || refuse(fault, list, "file", "%s", expected.data);
}

bool feeds_read(const char *json, size_t length, struct feeds *feeds, struct text *fault)
{
    struct json_object *root = located_json_parse(json, length, fault);

    *feeds = (struct feeds){.feed = calloc(WIRE_FEEDS, sizeof(struct feed))};
    if (!feeds->feed)
        err(1, "cannot read the feeds file");
    bool success = root && read_root(root, feeds, fault);
    json_object_put(root);
    if (!success)
        feeds_free(feeds);
    return success;
}

void feeds_free(struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++) {
        for (size_t k = 0; k < KEYS; k++) {
            if (keys[k].kind == WORDS || keys[k].kind == LINES)
                free(*(char **)((char *)&feeds->feed[i] + keys[k].offset));
        }
        question_free(&feeds->feed[i]);
    }
    free(feeds->feed);
    *feeds = (struct feeds){0};
}

struct feeds feeds_parse(const char *json, size_t length)
{
    struct text fault = TEXT_EMPTY;
    struct feeds feeds;

    if (!feeds_read(json, length, &feeds, &fault))
        errx(1, "the feeds file, %s", fault.data);
    return feeds;
}

const struct feed *feeds_find(const struct feeds *feeds, uint16_t port)
{
    const struct feed wanted = {.port = port};

    return bsearch(&wanted, feeds->feed, feeds->count, sizeof(wanted), compare_ports);
}
