/*
 * Formats turn the body of an upstream's response into text for the guest. Each upstream has its
 * own file. A format depends only on the bytes of a stranger (for OpenAQ also on the time): it
 * opens nothing, keeps nothing, and bounds its output.
 */
#ifndef SPARKLER_FORMAT_H
#define SPARKLER_FORMAT_H

#include "netbroker/feeds.h"
#include "netbroker/text.h"

/* What a lookup found: the id for the feed's url, and what the format keeps for later. */
struct lookup {
    char id[64];         /* letters, digits, '-' and '_' only */
    size_t sensor_count; /* OpenAQ: the sensors of PM2.5 */
    int64_t sensors[32];
    char station[128]; /* OpenAQ: "Station, City, Country" */
};

/* The format of that name ("open-meteo-forecast", "mastodon", …), or NULL. */
const struct format *format_find(const char *name);

/* Appends the names of all formats, separated by ", ". */
void format_list(struct text *text);

/* True if feeds of this format need a lookup_url. */
bool format_needs_lookup(const struct format *format);

/* True if feeds of this format need a template. */
bool format_needs_template(const struct format *format);

/* True if this format makes no text, but leaves the body as it is: not for a terminal. */
bool format_is_bytes(const struct format *format);

/*
 * Reads the response to the feed's lookup_url. On failure returns false and appends to `reason`
 * what is wrong with it ("the answer holds no id").
 */
bool format_lookup(const struct feed *feed, const char *bytes, size_t length, struct lookup *lookup,
                   struct text *reason);

/*
 * Turns the response to the feed's url into text, of at most text->size - 1 bytes. `lookup` is NULL
 * for a feed without one. On failure returns false, leaves `text` empty, and appends to `reason`
 * what is wrong.
 */
bool format_text(const struct feed *feed, const struct lookup *lookup, const char *bytes,
                 size_t length, struct text *text, struct text *reason);

#endif
