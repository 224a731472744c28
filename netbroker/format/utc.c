/* timegm(3) would do, but may open the file of the time zone, which the broker's policy forbids. */
#include "utc.h"

#include <stdio.h>

#define LEAP_DAYS_BEFORE_1970 477 /* since the year 0, by the Gregorian rule */

bool utc_parse(const char *string, int64_t *seconds)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int year, month, day, hour, minute, second, end = 0;

    if (sscanf(string, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &second,
               &end) != 6 ||
        end != 20 || string[20] != '\0')
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;

    int last = month > 2 ? year : year - 1; /* the last year whose February is over */
    int leap_days = last / 4 - last / 100 + last / 400 - LEAP_DAYS_BEFORE_1970;
    int64_t days = (year - 1970) * INT64_C(365) + leap_days + days_before[month - 1] + day - 1;
    *seconds = days * INT64_C(86400) + hour * INT64_C(3600) + minute * INT64_C(60) + second;
    return true;
}
