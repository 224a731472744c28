/* How long a failing server is left alone, and how long that is in words. */
#include "netbroker/backoff.h"

#include "tap.h"

#include <string.h>

static void expect_words(int64_t ms, const char *expected)
{
    char words[32];

    ok(strcmp(backoff_words(ms, words), expected) == 0, "%lld ms is %s", (long long)ms, expected);
}

static void test_bounds(void)
{
    static const uint32_t randoms[] = {0, 1, 999, 1000, 123456789, UINT32_MAX};
    bool bounded = true, growing = true;

    for (unsigned failures = 1; failures < 100; failures++) {
        for (size_t i = 0; i < sizeof(randoms) / sizeof(*randoms); i++) {
            int64_t wait = backoff_ms(failures, 0, randoms[i]);

            bounded &= wait >= 1500 && wait <= 375000;
        }
        growing &= backoff_ms(failures + 1, 0, 0) >= backoff_ms(failures, 0, 0);
    }
    ok(bounded, "a wait is between 1.5 s and 375 s for any random number");
    ok(growing, "it never gets shorter with more failures");
    ok(backoff_ms(1, 0, 0) < backoff_ms(1, 0, 999), "the random number spreads it");
    ok(backoff_ms(UINT32_MAX, 0, 0) == 225000, "any number of failures is accepted");
    ok(backoff_ms(1, 3600000, 7) == 3600000, "it is never shorter than the server asked for");
}

int main(void)
{
    test_bounds();
    expect_words(0, "0 seconds");
    expect_words(999, "0 seconds");
    expect_words(1000, "1 second");
    expect_words(59999, "59 seconds");
    expect_words(60000, "1 minute");
    expect_words(42 * 60000, "42 minutes");
    expect_words(3600000, "1 hour");
    expect_words(86399999, "23 hours");
    expect_words(3 * INT64_C(86400000), "3 days");
    return done();
}
