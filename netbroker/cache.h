/*
 * The answers of all feeds: fetched when the guest asks, kept for the feed's ttl, then requested
 * conditionally, and shown with their age while the upstream fails.
 */
#ifndef SPARKLER_CACHE_H
#define SPARKLER_CACHE_H

#include "answer.h"
#include "fetch.h"
#include "ledger_client.h"

#include <stdbool.h>
#include <stdint.h>

struct cache;

/* The first three must outlive the cache. Ends the program by err(3) without memory. */
struct cache *cache_new(const struct feeds *feeds, struct fetcher *fetcher, struct ledger *ledger,
                        bool offline_samples);

/* The size that the text of an answer may need: TEXT_MAX, or the largest max_text and a NUL. */
size_t cache_largest(const struct feeds *feeds);

/*
 * Writes the answer to a question of a feed, whose argument fits, into `answer`, which must have
 * begun: a fresh text; else an old one with its age; else, with offline_samples and if the server
 * was out of reach, the sample; else, in brackets, why there is none. Takes at most the feed's
 * total_ms and the ledger's LEDGER_REPLY_MS.
 */
void cache_answer(struct cache *cache, const struct question *question, struct answer *answer);

/* Until when (clock_ms) the cache must not be lost, because an answer is fresh or a server asked
 * for no more requests. 0 if it may be lost now. */
int64_t cache_needed_until(const struct cache *cache);

#endif
