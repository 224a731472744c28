/* How long to wait after failures: pure arithmetic. */
#include "backoff.h"

#include <stdio.h>

#define FIRST_MS   INT64_C(2000)
#define LONGEST_MS INT64_C(300000)

int64_t backoff_ms(unsigned failures, int64_t asked_ms, uint32_t random)
{
    int64_t wait = FIRST_MS;

    while (--failures > 0 && wait < LONGEST_MS)
        wait *= 2;
    if (wait > LONGEST_MS)
        wait = LONGEST_MS;
    wait = wait * 3 / 4 + (int64_t)(random % (uint32_t)(wait / 2));
    return wait > asked_ms ? wait : asked_ms;
}

const char *backoff_words(int64_t ms, char words[32])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};
    size_t i = 0;

    while (i < 3 && ms < units[i].ms)
        i++;
    long long count = ms / units[i].ms;
    snprintf(words, 32, "%lld %s%s", count, units[i].name, count == 1 ? "" : "s");
    return words;
}
