/*
 * The web service of the original Sparkler, which answered {"status":"success", …} or
 * {"status":"error","message":"…"}. It is gone, but a user may run one like it.
 */
#include "formats.h"
#include "reports.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Parses the body. Any status but "success" becomes the reason. */
static struct json_object *read_success(const struct body *body)
{
    struct json_object *json = body_json(body);
    struct json_object *status = body_member(json, "status", json_type_string);

    if (!json)
        return NULL;
    if (status && strcmp(json_object_get_string(status), "success") == 0)
        return json;

    struct json_object *message = body_member(json, "message", json_type_string);
    if (message)
        body_refuse(body, "the service says: %.200s", json_object_get_string(message));
    else
        body_refuse(body, "the service does not report success");
    json_object_put(json);
    return NULL;
}

static bool tweet_text(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = read_success(body);

    if (!json)
        return false;
    struct json_object *words =
        body_need(body, body_member(json, "tweet", json_type_object), "text", json_type_string);
    body_append(text, words);
    return words;
}

static bool read_day(const struct body *body, struct json_object *object, struct report_day *day)
{
    struct json_object *weather;

    day->date = body_need(body, object, "applicable_date", json_type_string);
    if (!day->date)
        return false;
    weather = body_member(object, "weather_state_name", json_type_string);
    day->weather = weather ? json_object_get_string(weather) : "unknown";
    return body_number(body, json_object_object_get(object, "min_temp"), "min_temp", -150, 150,
                       &day->low) &&
           body_number(body, json_object_object_get(object, "max_temp"), "max_temp", -150, 150,
                       &day->high) &&
           body_number(body, json_object_object_get(object, "humidity"), "humidity", 0, 100,
                       &day->humidity);
}

static bool weather_text(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = read_success(body);

    if (!json)
        return false;
    struct json_object *days = body_need(body, body_member(json, "data", json_type_object),
                                         "consolidated_weather", json_type_array);
    if (!days)
        return false;
    size_t count = json_object_array_length(days);
    if (count > REPORT_DAYS_MAX)
        count = REPORT_DAYS_MAX;
    for (size_t i = 0; i < count; i++) {
        struct report_day day;

        if (!read_day(body, body_element(days, i, json_type_object), &day))
            return false;
        report_day(text, &day);
    }
    return true;
}

/* The service gives PM2.5 as a string, "41.00". Returns NAN if it is not a plain number. */
static double string_number(struct json_object *string)
{
    const char *digits = json_object_get_string(string);
    char *end;

    if (strspn(digits, "-.0123456789") != strlen(digits))
        return NAN;
    double number = strtod(digits, &end);
    return end == digits || *end != '\0' ? NAN : number;
}

static bool station_number(const struct body *body, struct json_object *value, double *pm25)
{
    if (!json_object_is_type(value, json_type_string))
        return body_number(body, value, "a station's PM2.5", -1000, 100000, pm25);
    *pm25 = string_number(value);
    if (!isfinite(*pm25) || fabs(*pm25) > 100000)
        return body_refuse(body, "a station's PM2.5 is not a number");
    return true;
}

/* Appends the stations of one element, whose keys are their names. */
static bool append_stations(const struct body *body, struct json_object *element, size_t *shown,
                            struct text *text)
{
    if (!element)
        return body_refuse(body, "the answer holds a station that is not an object");
    json_object_object_foreach(element, name, value)
    {
        double pm25;

        if (*shown == REPORT_STATIONS_MAX)
            return true;
        if (!station_number(body, value, &pm25))
            return false;
        report_station(text, name, pm25);
        ++*shown;
    }
    return true;
}

static bool air_quality_text(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = read_success(body);
    size_t shown = 0;

    if (!json)
        return false;
    struct json_object *stations = body_need(body, json, "data", json_type_array);
    if (!stations)
        return false;
    for (size_t i = 0; i < json_object_array_length(stations); i++) {
        struct json_object *element = body_element(stations, i, json_type_object);

        if (shown == REPORT_STATIONS_MAX)
            break;
        if (!append_stations(body, element, &shown, text))
            return false;
    }
    return true;
}

const struct format format_original_tweet = {
    .name = "original-tweet",
    .text = tweet_text,
};

const struct format format_original_weather = {
    .name = "original-weather",
    .text = weather_text,
};

const struct format format_original_air_quality = {
    .name = "original-air-quality",
    .text = air_quality_text,
};
