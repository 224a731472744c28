/* The layouts of the guest's texts, as the original Sparkler showed them. */
#include "reply.h"

#include <math.h>

static void layout_number(struct text *text, const char *label, int decimals, double number)
{
    if (isnan(number))
        text_printf(text, "%s: unknown\n", label);
    else
        text_printf(text, "%s: %.*f\n", label, decimals, number);
}

void layout_day(struct text *text, const struct day *day)
{
    text_printf(text, "Date: ");
    reply_append(text, day->date);
    text_printf(text, "\n\tWeather: %s\n", day->weather);
    layout_number(text, "\tMin. temp", 2, day->low);
    layout_number(text, "\tMax. temp", 2, day->high);
    layout_number(text, "\tHumidity", 0, day->humidity);
}

void layout_station(struct text *text, const char *station, double pm25)
{
    layout_number(text, station, 2, pm25);
}
