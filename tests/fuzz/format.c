/*
 * Any bytes as a body, for each format and each lookup: the text is clean, or it is empty and a
 * reason is given; an id has no character that could change a url.
 */
#include "clean.h"

#include "netbroker/format/format.h"

#include <stdint.h>
#include <string.h>

static void try_lookup(const struct feed *feed, const char *body, size_t length)
{
    struct lookup lookup;
    struct text reason = TEXT_EMPTY;

    if (!format_lookup(feed, body, length, &lookup, &reason)) {
        must(reason.length > 0, "a refusal has a reason");
    } else {
        must(memchr(lookup.id, '\0', sizeof(lookup.id)), "an id ends with NUL");
        must(!strpbrk(lookup.id, "/?#&=%.:@ \\") && *lookup.id != '\0', "an id is plain");
        must(memchr(lookup.station, '\0', sizeof(lookup.station)), "a station ends");
        must(lookup.sensor_count <= sizeof(lookup.sensors) / sizeof(lookup.sensors[0]),
             "sensors are bounded");
    }
    must_be_clean(&reason);
}

static void try_text(const struct feed *feed, const char *body, size_t length)
{
    const struct lookup lookup = {
        .id = "1", .sensor_count = 1, .sensors = {3920}, .station = "Station, City, Country"};
    struct text text = TEXT_EMPTY, reason = TEXT_EMPTY;
    bool needs_lookup = format_needs_lookup(feed->format);

    if (format_text(feed, needs_lookup ? &lookup : NULL, body, length, &text, &reason))
        must(text.length > 0, "an answer holds text");
    else
        must(text.length == 0 && reason.length > 0, "a refusal has a reason and no text");
    must_be_clean(&text);
    must_be_clean(&reason);
}

/* Bytes stay as they are. */
static void try_bytes(const char *body, size_t length)
{
    const struct feed feed = {.name = "fuzz", .format = format_find("bytes")};
    struct text text = TEXT_EMPTY, reason = TEXT_EMPTY;

    if (format_text(&feed, NULL, body, length, &text, &reason))
        must(text.length == length && memcmp(text.data, body, length) == 0, "bytes are kept");
    else
        must(length >= text.size && text.length == 0 && reason.length > 0, "or too many");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "open-meteo-forecast",
        "open-meteo-air-quality",
        "openaq",
        "mastodon",
        "x",
        "original-tweet",
        "original-weather",
        "original-air-quality",
        "json",
        "text",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct feed feed = {
            .name = "fuzz",
            .format = format_find(names[i]),
            .place = "here",
            .template = "{/id}{/0/id} {/data/id}: {/results/0/name}\n",
        };

        try_text(&feed, (const char *)data, size);
        if (format_needs_lookup(feed.format))
            try_lookup(&feed, (const char *)data, size);
    }
    try_bytes((const char *)data, size);
    return 0;
}
