/*
 * The answers of all feeds: fetched when a guest asks, kept for the feed's ttl, asked again only
 * for what changed, shown with their age when the upstream fails.
 */
#ifndef SPARKLER_CACHE_H
#define SPARKLER_CACHE_H

#include "fetch.h"

#include <stdbool.h>
#include <stdint.h>

struct cache;

/* `feeds` and `fetcher` are kept. Ends the program by err(3) without memory. */
struct cache *cache_new(const struct feeds *feeds, struct fetcher *fetcher, bool offline_samples);

/*
 * Puts the feed's answer into `text`, which starts empty: fresh, or stale with its age, or (with
 * offline_samples, if no server could be reached) the sample, or why there is none, in brackets.
 * Takes at most the feed's total_ms.
 */
void cache_answer(struct cache *cache, const struct feed *feed, struct text *text);

/* The time (clock_ms) up to which the cache knows something that must not be forgotten: an answer
 * still fresh, or that a server wants to be left alone. 0 if nothing. */
int64_t cache_needed_until(const struct cache *cache);

#endif
