/*
 * What the formats share: a strict way into a reply that is JSON, and the layouts of the guest's
 * texts. Only files of this folder include it.
 */
#ifndef SPARKLER_REPLY_H
#define SPARKLER_REPLY_H

#include "format.h"

#include <json-c/json.h>
#include <stdio.h>

struct reply {
    const struct feed *feed;
    const struct lookup *lookup; /* NULL if the feed has none */
    const char *body;
    size_t length;
    struct text *reason; /* takes, in words, why a reply is refused */
};

struct format {
    const char *name;
    bool needs_template;
    /* Both return false with a reason; lookup is NULL for a format without one. */
    bool (*lookup)(const struct reply *reply, struct lookup *lookup);
    bool (*text)(const struct reply *reply, struct text *text);
};

extern const struct format format_open_meteo_forecast, format_open_meteo_air_quality;
extern const struct format format_mastodon, format_x, format_openaq;
extern const struct format format_original_tweet, format_original_weather;
extern const struct format format_original_air_quality;
extern const struct format format_plain_text, format_json;

/* Appends a reason; always false, so that a format can return it. */
__attribute__((format(printf, 2, 3))) bool reply_refuse(const struct reply *reply,
                                                        const char *format, ...);

/*
 * The whole body as one JSON value: valid UTF-8, no deeper than 16 levels, of at most 32768 values
 * (which take up to 25 MiB of memory), nothing behind it.
 * Returns NULL, with a reason, when it is anything else. Free it with json_object_put().
 */
struct json_object *reply_json(const struct reply *reply);

static inline void reply_free(struct json_object **json)
{
    json_object_put(*json);
}
#define REPLY_AUTO __attribute__((cleanup(reply_free)))

/* The member of that type, or NULL: `object` may be anything, even NULL. */
struct json_object *reply_member(struct json_object *object, const char *key, enum json_type type);

/* As reply_member(), but with a reason when it is missing. */
struct json_object *reply_need(const struct reply *reply, struct json_object *object,
                               const char *key, enum json_type type);

/* The element of that type, or NULL: `array` may be anything, even NULL. */
struct json_object *reply_element(struct json_object *array, size_t index, enum json_type type);

/* Appends a string, cleaned; NULL appends nothing. */
void reply_append(struct text *text, struct json_object *string);

/*
 * A finite number in [low, high]; NAN when it is null or missing, which the layouts show as
 * "unknown". False, with a reason that names `what`, for any other value.
 */
bool reply_number(const struct reply *reply, struct json_object *value, const char *what,
                  double low, double high, double *number);

/* Copies a number or a string of letters, digits, '-' and '_' to lookup->id. */
bool reply_id(const struct reply *reply, struct json_object *object, struct lookup *lookup);

/* Seconds since 1970 of "2024-02-21T16:00:00Z"; false for any other form. */
bool utc_parse(const char *string, int64_t *seconds);

/* A day of a weather report. */
struct day {
    struct json_object *date; /* a string */
    const char *weather;      /* "overcast" */
    double low, high;         /* degrees Celsius, or NAN */
    double humidity;          /* percent, or NAN */
};

#define DAYS_MAX     16u /* of a weather report */
#define STATIONS_MAX 64u /* of an air quality report */

void layout_day(struct text *text, const struct day *day);

/* PM2.5 in micrograms per cubic metre, or NAN. */
void layout_station(struct text *text, const char *station, double pm25);

#endif
