/*
 * Any bytes as feeds.json are refused with a line number, or satisfy all that the broker relies on:
 * ports in order, https only, limits that expire before the VMM gives up.
 */
#include "clean.h"

#include "netbroker/argument.h"
#include "netbroker/feeds.h"
#include "netbroker/format/format.h"

#include <stdint.h>
#include <string.h>

/* The only place of an argument, or NULL. */
static const char *mark_of(const struct feed *feed)
{
    const char *in_url = strstr(feed->url, ARGUMENT_MARK);
    const char *in_body = feed->body ? strstr(feed->body, ARGUMENT_MARK) : NULL;
    const char *mark = in_url ? in_url : in_body;

    must(!in_url || !in_body, "there is one place");
    must(!mark || !strstr(mark + 1, ARGUMENT_MARK), "and only one");
    return mark;
}

static void must_be_sound(const struct feed *feed)
{
    must(feed->name && feed->format && feed->url, "required keys are there");
    must(strncmp(feed->url, "https://", 8) == 0, "a url is https");
    must(!strpbrk(feed->url, " \r\n\t#\\\"<>^`|"), "a url has no odd characters");
    must(strcspn(feed->url + 8, "@{") >= strcspn(feed->url + 8, "/"), "a host is plain");
    must(!feed->lookup_url == !format_needs_lookup(feed->format), "a lookup where needed");
    must(!feed->template == !format_needs_template(feed->format), "a template where needed");
    must(!feed->header == !feed->credential, "a credential has a header");
    must(!feed->header || !strpbrk(feed->header, "\r\n"), "a header is one line");
    must(feed->total_ms < WIRE_REPLY_SECONDS * 1000 && feed->connect_ms <= feed->total_ms,
         "limits expire in time");
    must(feed->max_bytes <= 1048576 && feed->max_text <= 1048576, "sizes are bounded");
    must(feed->ttl_seconds >= 1 || feed->is_post, "only a POST is never fresh");
    must(!feed->body == !feed->is_post, "a POST has a body");
    for (char **header = feed->headers; header && *header; header++)
        must(!strpbrk(*header, "\r\n") && strstr(*header, ": "), "a header is one line");
    must(!feed->argument == !mark_of(feed), "an argument has its place");
    must(!feed->argument == !feed->bits_per_hour, "and its budget");
    must(!feed->argument || feed->argument->millibits <= feed->bits_per_hour * UINT64_C(1000),
         "which suffices for one asking");
    must(!feed->argument || feed->argument->millibits >= 1000 || feed->argument->value_count == 0,
         "and one asking costs something");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text fault = TEXT_EMPTY;
    struct feeds feeds;
    bool success = feeds_read((const char *)data, size, &feeds, &fault);

    must_be_clean(&fault);
    if (!success) {
        must(strncmp(fault.data, "line ", 5) == 0, "a fault names its line");
        return 0;
    }
    for (size_t i = 0; i < feeds.count; i++) {
        must_be_sound(&feeds.feed[i]);
        must(i == 0 || feeds.feed[i - 1].port < feeds.feed[i].port, "ports are in order");
        must(feeds_find(&feeds, feeds.feed[i].port) == &feeds.feed[i], "a port is found");
    }
    feeds_free(&feeds);
    return 0;
}
