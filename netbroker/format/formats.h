/* What a format is made of, and the formats that exist. Only files of this directory include it. */
#ifndef SPARKLER_FORMATS_H
#define SPARKLER_FORMATS_H

#include "body.h"

struct format {
    const char *name; /* as in feeds.json */
    bool needs_template;
    bool is_bytes; /* it leaves the body as it is, and an empty one is an answer too */
    /* Both return false with a reason. A format without lookup needs none: NULL. */
    bool (*lookup)(const struct body *body, struct lookup *lookup);
    bool (*text)(const struct body *body, struct text *text);
};

extern const struct format format_open_meteo_forecast, format_open_meteo_air_quality;
extern const struct format format_mastodon, format_x, format_openaq;
extern const struct format format_original_tweet, format_original_weather;
extern const struct format format_original_air_quality;
extern const struct format format_plain_text, format_bytes, format_json;

#endif
