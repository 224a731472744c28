/* Weather and air quality as the guest shows them: see reports.h. */
#include "reports.h"

#include "body.h"

#include <math.h>

static void report_number(struct text *text, const char *label, int decimals, double number)
{
    if (isnan(number))
        text_printf(text, "%s: unknown\n", label);
    else
        text_printf(text, "%s: %.*f\n", label, decimals, number);
}

void report_day(struct text *text, const struct report_day *day)
{
    text_printf(text, "Date: ");
    body_append(text, day->date);
    text_printf(text, "\n\tWeather: %s\n", day->weather);
    report_number(text, "\tMin. temp", 2, day->low);
    report_number(text, "\tMax. temp", 2, day->high);
    report_number(text, "\tHumidity", 0, day->humidity);
}

void report_station(struct text *text, const char *station, double pm25)
{
    report_number(text, station, 2, pm25);
}
