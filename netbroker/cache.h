/*
 * The answers of all feeds: fetched when the guest asks, kept for the feed's ttl, then requested
 * conditionally, and shown with their age while the upstream fails.
 */
#ifndef SPARKLER_CACHE_H
#define SPARKLER_CACHE_H

#include "fetch.h"
#include "ledger_client.h"

#include <stdbool.h>
#include <stdint.h>

struct cache;

/* The first three must outlive the cache. Ends the program by err(3) without memory. */
struct cache *cache_new(const struct feeds *feeds, struct fetcher *fetcher, struct ledger *ledger,
                        bool offline_samples);

/*
 * Writes the answer to a question of a feed into `text`, which must be empty: a fresh text; else an
 * old one with its age; else, with offline_samples and if the server was out of reach, the sample;
 * else, in brackets, why there is none. Returns what became of the question, and writes into
 * `reason`, empty too, why it was not answered. Takes at most the feed's total_ms and the ledger's
 * LEDGER_REPLY_MS.
 */
enum ledger_event cache_answer(struct cache *cache, const struct question *question,
                               struct text *text, struct text *reason);

/* Until when (clock_ms) the cache must not be lost, because an answer is fresh or a server asked
 * for no more requests. 0 if it may be lost now. */
int64_t cache_needed_until(const struct cache *cache);

#endif
