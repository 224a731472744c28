/*
 * Any bytes as feeds.json: refused with a line, or all that the broker relies on holds: ports in
 * order, https, times that end before the VMM gives up.
 */
#include "clean.h"

#include "netbroker/feeds.h"
#include "netbroker/format/format.h"

#include <stdint.h>
#include <string.h>

static void must_be_sound(const struct feed *feed)
{
    must(feed->name != NULL && feed->format != NULL && feed->url != NULL,
         "what is required is there");
    must(strncmp(feed->url, "https://", 8) == 0, "a url is https");
    must(strpbrk(feed->url, " \r\n\t#\\\"<>^`|") == NULL, "a url holds nothing odd");
    must(strcspn(feed->url + 8, "@{") >= strcspn(feed->url + 8, "/"), "a host is plain");
    must((feed->lookup_url != NULL) == format_needs_lookup(feed->format), "a lookup where needed");
    must((feed->template != NULL) == format_needs_template(feed->format), "a template likewise");
    must((feed->header != NULL) == (feed->credential != NULL), "a credential has a header");
    must(feed->header == NULL || strpbrk(feed->header, "\r\n") == NULL, "a header is one line");
    must(feed->total_ms < WIRE_REPLY_SECONDS * 1000 && feed->connect_ms <= feed->total_ms,
         "times end in time");
    must(feed->max_bytes <= 1048576 && feed->ttl_seconds >= 1, "sizes are bounded");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text fault = {0};
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
