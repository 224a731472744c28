/* Weather and air quality as the guest shows them: the wording of the original Sparkler. */
#ifndef SPARKLER_REPORTS_H
#define SPARKLER_REPORTS_H

#include "netbroker/text.h"

#include <json-c/json.h>

#define REPORT_DAYS_MAX     16u
#define REPORT_STATIONS_MAX 64u

struct report_day {
    struct json_object *date; /* a string */
    const char *weather;      /* "overcast" */
    double low, high;         /* degrees Celsius, or NAN */
    double humidity;          /* percent, or NAN */
};

/* Appends a day of a weather report, five lines. */
void report_day(struct text *text, const struct report_day *day);

/* Appends the line of one station: PM2.5 in micrograms per cubic metre, or NAN. */
void report_station(struct text *text, const char *station, double pm25);

#endif
