/*
 * OpenAQ v3 (https://docs.openaq.org): the latest PM2.5 of a station. A reading does not say what
 * it measures, so the lookup first asks which of the station's sensors measure PM2.5. OpenAQ calls
 * a reading the latest however old it is, so old ones are dropped here.
 */
#include "formats.h"
#include "reports.h"
#include "utc.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS INT64_C(86400)

static const char *string_or_empty(struct json_object *object, const char *key)
{
    struct json_object *string = body_member(object, key, json_type_string);

    return string ? json_object_get_string(string) : "";
}

/* "Station, City, Country", as far as the response names them. */
static void name_station(struct json_object *location, struct lookup *lookup)
{
    struct json_object *country = body_member(location, "country", json_type_object);
    const char *name = string_or_empty(location, "name");
    const char *city = string_or_empty(location, "locality");
    const char *land = string_or_empty(country, "name");

    snprintf(lookup->station, sizeof(lookup->station), "%.40s%s%.40s%s%.40s",
             *name == '\0' ? "OpenAQ" : name, *city == '\0' ? "" : ", ", city,
             *land == '\0' ? "" : ", ", land);
}

static bool measures_pm25(struct json_object *sensor)
{
    struct json_object *parameter = body_member(sensor, "parameter", json_type_object);

    return strcmp(string_or_empty(parameter, "name"), "pm25") == 0;
}

static bool lookup_location(const struct body *body, struct lookup *lookup)
{
    const size_t sensors_max = sizeof(lookup->sensors) / sizeof(lookup->sensors[0]);
    BODY_AUTO struct json_object *json = body_json(body);

    if (!json)
        return false;
    struct json_object *location =
        body_element(body_member(json, "results", json_type_array), 0, json_type_object);
    if (!body_id(body, location, lookup))
        return false;
    name_station(location, lookup);

    struct json_object *sensors = body_need(body, location, "sensors", json_type_array);
    if (!sensors)
        return false;
    for (size_t i = 0; i < json_object_array_length(sensors); i++) {
        struct json_object *sensor = body_element(sensors, i, json_type_object);
        struct json_object *id = body_member(sensor, "id", json_type_int);

        if (lookup->sensor_count == sensors_max)
            break;
        if (id && measures_pm25(sensor))
            lookup->sensors[lookup->sensor_count++] = json_object_get_int64(id);
    }
    if (lookup->sensor_count == 0)
        return body_refuse(body, "the station has no sensor for PM2.5");
    return true;
}

static bool is_wanted(const struct lookup *lookup, struct json_object *reading)
{
    struct json_object *id = body_member(reading, "sensorsId", json_type_int);

    if (!id)
        return false;
    for (size_t i = 0; i < lookup->sensor_count; i++) {
        if (lookup->sensors[i] == json_object_get_int64(id))
            return true;
    }
    return false;
}

/* True for a reading of the last 24 hours. Its clock may be up to an hour ahead. */
static bool is_recent(struct json_object *reading, int64_t now)
{
    struct json_object *datetime = body_member(reading, "datetime", json_type_object);
    int64_t then;

    return utc_parse(string_or_empty(datetime, "utc"), &then) && now - then <= DAY_SECONDS &&
           then - now <= 3600;
}

static bool latest_readings(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = body_json(body);
    const int64_t now = time(NULL);
    size_t shown = 0, old = 0;

    if (!json)
        return false;
    struct json_object *readings = body_need(body, json, "results", json_type_array);
    if (!readings)
        return false;
    for (size_t i = 0; i < json_object_array_length(readings); i++) {
        struct json_object *reading = body_element(readings, i, json_type_object);
        double pm25;

        if (shown == REPORT_STATIONS_MAX)
            break;
        if (!is_wanted(body->lookup, reading))
            continue;
        if (!is_recent(reading, now)) {
            old++;
            continue;
        }
        if (!body_number(body, json_object_object_get(reading, "value"), "value", -1000, 100000,
                         &pm25))
            return false;
        report_station(text, body->lookup->station, pm25);
        shown++;
    }
    if (shown > 0)
        return true;
    return body_refuse(body, old > 0 ? "the station has no reading from the last 24 hours"
                                     : "the station has no reading of PM2.5");
}

const struct format format_openaq = {
    .name = "openaq",
    .lookup = lookup_location,
    .text = latest_readings,
};
