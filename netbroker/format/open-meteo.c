/*
 * Open-Meteo (https://open-meteo.com/en/docs): the forecast of some days, and the air quality of
 * now. One place a request. A value that its models do not have is null.
 */
#include "reply.h"

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

/* The reply as an object; an error that Open-Meteo reports in one becomes the reason. */
static struct json_object *read_object(const struct reply *reply)
{
    struct json_object *json = reply_json(reply);
    struct json_object *error = reply_member(json, "error", json_type_boolean);

    if (error == NULL || !json_object_get_boolean(error))
        return json;
    struct json_object *words = reply_member(json, "reason", json_type_string);
    reply_refuse(reply, "the server reports an error%s%.200s", words == NULL ? "" : ": ",
                 words == NULL ? "" : json_object_get_string(words));
    json_object_put(json);
    return NULL;
}

/* The value of a series on a day: NAN where it is null or the series is not there. */
static bool daily_number(const struct reply *reply, struct json_object *daily, const char *series,
                         size_t index, double low, double high, double *number)
{
    struct json_object *values = reply_member(daily, series, json_type_array);
    struct json_object *value = values == NULL ? NULL : json_object_array_get_idx(values, index);

    return reply_number(reply, value, series, low, high, number);
}

static bool forecast_text(const struct reply *reply, struct text *text)
{
    REPLY_AUTO struct json_object *json = read_object(reply);

    if (json == NULL)
        return false;
    struct json_object *daily = reply_need(reply, json, "daily", json_type_object);
    struct json_object *dates =
        daily == NULL ? NULL : reply_need(reply, daily, "time", json_type_array);
    if (dates == NULL)
        return false;

    for (size_t i = 0; i < json_object_array_length(dates) && i < DAYS_MAX; i++) {
        struct day day = {.date = reply_element(dates, i, json_type_string)};
        double code;

        if (day.date == NULL)
            return reply_refuse(reply, "the answer holds a date that is no string");
        if (!daily_number(reply, daily, "weather_code", i, 0, 99, &code) ||
            !daily_number(reply, daily, "temperature_2m_min", i, -150, 150, &day.low) ||
            !daily_number(reply, daily, "temperature_2m_max", i, -150, 150, &day.high) ||
            !daily_number(reply, daily, "relative_humidity_2m_mean", i, 0, 100, &day.humidity))
            return false;
        day.weather = condition_words(code);
        layout_day(text, &day);
    }
    return true;
}

static bool air_quality_text(const struct reply *reply, struct text *text)
{
    REPLY_AUTO struct json_object *json = read_object(reply);
    char station[128];
    double pm25;

    if (json == NULL)
        return false;
    struct json_object *current = reply_need(reply, json, "current", json_type_object);
    if (current == NULL)
        return false;
    if (!reply_number(reply, json_object_object_get(current, "pm2_5"), "pm2_5", 0, 100000, &pm25))
        return false;
    if (isnan(pm25))
        return reply_refuse(reply, "the answer holds no PM2.5");

    const char *place = reply->feed->place;
    snprintf(station, sizeof(station), "Open-Meteo model%s%s", place == NULL ? "" : ", ",
             place == NULL ? "" : place);
    layout_station(text, station, pm25);
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
