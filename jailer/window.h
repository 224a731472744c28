/*
 * A budget for each hour: what is spent in any 3600 seconds, wherever they begin, is at most the
 * limit. Memory is bounded by counting in minutes: what was spent in a minute counts until all of
 * that minute is more than an hour ago, so that it counts for up to a minute too long, but never
 * too short. Pure arithmetic.
 */
#ifndef SPARKLER_WINDOW_H
#define SPARKLER_WINDOW_H

#include <stdint.h>

#define WINDOW_MINUTES 61 /* those that an hour can touch */

/* Starts as {0}. */
struct window {
    int64_t minute; /* the last one in which something was spent */
    uint32_t spent[WINDOW_MINUTES];
};

/* What is left of `limit` at the time `now`, in seconds since boot. */
uint32_t window_left(const struct window *window, int64_t now, uint32_t limit);

/* Seconds until `amount`, at most `limit`, is left; 0 if it is now. */
uint32_t window_wait(const struct window *window, int64_t now, uint32_t limit, uint32_t amount);

/* Spends `amount`, whether it is left or not; `now` is never less than before. */
void window_spend(struct window *window, int64_t now, uint32_t amount);

#endif
