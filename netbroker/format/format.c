/* The list of formats, and what they have in common. */
#include "format.h"

#include "formats.h"

#include <string.h>

static const struct format *const formats[] = {
    &format_open_meteo_forecast,
    &format_open_meteo_air_quality,
    &format_openaq,
    &format_mastodon,
    &format_x,
    &format_original_tweet,
    &format_original_weather,
    &format_original_air_quality,
    &format_json,
    &format_plain_text,
    &format_bytes,
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}

void format_list(struct text *text)
{
    for (size_t i = 0; i < FORMATS; i++)
        text_printf(text, "%s%s", i == 0 ? "" : ", ", formats[i]->name);
}

bool format_needs_lookup(const struct format *format)
{
    return format->lookup;
}

bool format_needs_template(const struct format *format)
{
    return format->needs_template;
}

bool format_is_bytes(const struct format *format)
{
    return format->is_bytes;
}

bool format_lookup(const struct feed *feed, const char *bytes, size_t length, struct lookup *lookup,
                   struct text *reason)
{
    const struct body body = {.feed = feed, .bytes = bytes, .length = length, .reason = reason};

    memset(lookup, 0, sizeof(*lookup));
    return feed->format->lookup(&body, lookup);
}

bool format_text(const struct feed *feed, const struct lookup *lookup, const char *bytes,
                 size_t length, struct text *text, struct text *reason)
{
    const struct body body = {
        .feed = feed, .lookup = lookup, .bytes = bytes, .length = length, .reason = reason};

    text_clear(text);
    bool success = feed->format->text(&body, text);
    if (success && text->length == 0 && !feed->format->is_bytes)
        success = body_refuse(&body, "the answer holds no text");
    if (!success)
        text_clear(text);
    return success;
}
