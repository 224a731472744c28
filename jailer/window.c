/* A budget for each hour: see window.h. */
#include "window.h"

static uint32_t *slot(struct window *window, int64_t minute)
{
    return &window->spent[minute % WINDOW_MINUTES];
}

/* What was spent in a minute that still counts. */
static uint32_t spent_in(const struct window *window, int64_t minute)
{
    if (minute < 0 || minute > window->minute || minute <= window->minute - WINDOW_MINUTES)
        return 0;
    return window->spent[minute % WINDOW_MINUTES];
}

/* What was spent from `first` on. */
static uint64_t spent_since(const struct window *window, int64_t first)
{
    uint64_t sum = 0;

    for (int64_t minute = first; minute <= window->minute; minute++)
        sum += spent_in(window, minute);
    return sum;
}

/* The first minute that counts at this time. */
static int64_t first_minute(int64_t now)
{
    return now / 60 - (WINDOW_MINUTES - 1);
}

uint32_t window_left(const struct window *window, int64_t now, uint32_t limit)
{
    const uint64_t spent = spent_since(window, first_minute(now));

    return spent < limit ? limit - (uint32_t)spent : 0;
}

uint32_t window_wait(const struct window *window, int64_t now, uint32_t limit, uint32_t amount)
{
    int64_t first = first_minute(now);
    uint64_t spent = spent_since(window, first);

    if (spent + amount <= limit)
        return 0;
    do
        spent -= spent_in(window, first++);
    while (spent + amount > limit && first <= window->minute);
    return (uint32_t)((first + WINDOW_MINUTES - 1) * 60 - now);
}

void window_spend(struct window *window, int64_t now, uint32_t amount)
{
    const int64_t minute = now / 60;
    uint32_t *spent = slot(window, minute);

    /* the minutes that nothing was spent in */
    for (int64_t m = window->minute + 1; m < minute && m <= window->minute + WINDOW_MINUTES; m++)
        *slot(window, m) = 0;
    if (minute != window->minute)
        *spent = 0;
    window->minute = minute;
    *spent = amount < UINT32_MAX - *spent ? *spent + amount : UINT32_MAX;
}
