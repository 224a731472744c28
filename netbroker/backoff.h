/* How long to leave a server alone that failed, and how to say how long something took. */
#ifndef SPARKLER_BACKOFF_H
#define SPARKLER_BACKOFF_H

#include <stdint.h>

/*
 * Milliseconds to wait after `failures` (≥ 1) failed requests in a row: doubling from 2 s to 5
 * minutes, spread by a quarter up and down by `random` so that many brokers do not come back at
 * once; never less than `asked_ms`, for which the server itself asked.
 */
int64_t backoff_ms(unsigned failures, int64_t asked_ms, uint32_t random);

/* "40 seconds", "1 minute", "3 hours", "2 days": rounded down. */
const char *backoff_words(int64_t ms, char words[32]);

#endif
