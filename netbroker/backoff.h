/* How long to leave a failing server alone, and durations in words. */
#ifndef SPARKLER_BACKOFF_H
#define SPARKLER_BACKOFF_H

#include <stdint.h>

/*
 * Milliseconds to wait after `failures` (1 or more) failed requests in a row: 2 s, doubled each
 * time up to 5 minutes, and shifted by `random` by up to a quarter so that many brokers do not
 * return at once. Never less than `asked_ms`, the wait that the server asked for.
 */
int64_t backoff_ms(unsigned failures, int64_t asked_ms, uint32_t random);

/* Writes "40 seconds", "1 minute", "3 hours" or "2 days", rounded down. Returns `words`. */
const char *backoff_words(int64_t ms, char words[32]);

#endif
