/*
 * Open-Meteo (https://open-meteo.com/en/docs): a forecast of several days, and the current air
 * quality, of one place per request. A value that its models lack is null.
 */
#include "formats.h"
#include "reports.h"

#include <math.h>

struct condition {
    int code; /* WMO code table 4677, as far as Open-Meteo uses it */
    const char *words;
};

static const struct condition conditions[] = {
    {0, "clear"},
    {1, "mainly clear"},
    {2, "partly cloudy"},
    {3, "overcast"},
    {45, "fog"},
    {48, "rime fog"},
    {51, "light drizzle"},
    {53, "drizzle"},
    {55, "heavy drizzle"},
    {56, "light freezing drizzle"},
    {57, "freezing drizzle"},
    {61, "light rain"},
    {63, "rain"},
    {65, "heavy rain"},
    {66, "light freezing rain"},
    {67, "freezing rain"},
    {71, "light snow"},
    {73, "snow"},
    {75, "heavy snow"},
    {77, "snow grains"},
    {80, "light rain showers"},
    {81, "rain showers"},
    {82, "heavy rain showers"},
    {85, "light snow showers"},
    {86, "snow showers"},
    {95, "thunderstorm"},
    {96, "thunderstorm with hail"},
    {99, "thunderstorm with heavy hail"},
};

static const char *condition_words(double code)
{
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (code == conditions[i].code)
            return conditions[i].words;
    }
    return "unknown";
}

/* Parses the body. An error that Open-Meteo reports in it becomes the reason. */
static struct json_object *read_object(const struct body *body)
{
    struct json_object *json = body_json(body);
    struct json_object *error = body_member(json, "error", json_type_boolean);

    if (!error || !json_object_get_boolean(error))
        return json;
    struct json_object *words = body_member(json, "reason", json_type_string);
    body_refuse(body, "the server reports an error%s%.200s", words ? ": " : "",
                words ? json_object_get_string(words) : "");
    json_object_put(json);
    return NULL;
}

/* Reads a series' value of one day: NAN if it is null or there is no such series. */
static bool daily_number(const struct body *body, struct json_object *daily, const char *series,
                         size_t index, double low, double high, double *number)
{
    struct json_object *values = body_member(daily, series, json_type_array);
    struct json_object *value = values ? json_object_array_get_idx(values, index) : NULL;

    return body_number(body, value, series, low, high, number);
}

static bool forecast_text(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = read_object(body);

    if (!json)
        return false;
    struct json_object *daily = body_need(body, json, "daily", json_type_object);
    struct json_object *dates = daily ? body_need(body, daily, "time", json_type_array) : NULL;
    if (!dates)
        return false;

    size_t days = json_object_array_length(dates);
    if (days > REPORT_DAYS_MAX)
        days = REPORT_DAYS_MAX;
    for (size_t i = 0; i < days; i++) {
        struct report_day day = {.date = body_element(dates, i, json_type_string)};
        double code;

        if (!day.date)
            return body_refuse(body, "the answer holds a date that is not a string");
        if (!daily_number(body, daily, "weather_code", i, 0, 99, &code) ||
            !daily_number(body, daily, "temperature_2m_min", i, -150, 150, &day.low) ||
            !daily_number(body, daily, "temperature_2m_max", i, -150, 150, &day.high) ||
            !daily_number(body, daily, "relative_humidity_2m_mean", i, 0, 100, &day.humidity))
            return false;
        day.weather = condition_words(code);
        report_day(text, &day);
    }
    return true;
}

static bool air_quality_text(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = read_object(body);
    char station[128];
    double pm25;

    if (!json)
        return false;
    struct json_object *current = body_need(body, json, "current", json_type_object);
    if (!current)
        return false;
    if (!body_number(body, json_object_object_get(current, "pm2_5"), "pm2_5", 0, 100000, &pm25))
        return false;
    if (isnan(pm25))
        return body_refuse(body, "the answer holds no PM2.5");

    const char *place = body->feed->place;
    snprintf(station, sizeof(station), "Open-Meteo model%s%s", place ? ", " : "",
             place ? place : "");
    report_station(text, station, pm25);
    return true;
}

const struct format format_open_meteo_forecast = {
    .name = "open-meteo-forecast",
    .text = forecast_text,
};

const struct format format_open_meteo_air_quality = {
    .name = "open-meteo-air-quality",
    .text = air_quality_text,
};
