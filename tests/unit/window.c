/* The sliding hour of a budget, beside a list of all that was spent. */
#include "jailer/window.h"

#include "tap.h"

#include <stdlib.h>

#define HOUR   3600
#define EVENTS 20000
#define LIMIT  1000

static struct event {
    int64_t time;
    uint32_t amount;
} events[EVENTS];
static size_t count;

/* What was spent in the hour that ends now. */
static uint64_t spent_in_hour(int64_t now)
{
    uint64_t sum = 0;

    for (size_t i = count; i-- > 0 && events[i].time > now - HOUR;)
        sum += events[i].amount;
    return sum;
}

/* Spends at random times, whenever that is granted; false if an hour ever has more than LIMIT, or
 * if less is granted than what the minutes of an hour and one have left. */
static bool holds(unsigned seed, int64_t now, unsigned longest_pause, uint32_t most)
{
    struct window window = {0};
    bool good = true;

    srand(seed);
    for (count = 0; count < EVENTS; now += rand() % longest_pause) {
        const uint32_t amount = 1 + (uint32_t)rand() % most;
        const uint32_t left = window_left(&window, now, LIMIT);
        const uint32_t wait = window_wait(&window, now, LIMIT, amount);

        good &= (wait == 0) == (amount <= left);
        good &= wait == 0 || (window_left(&window, now + wait, LIMIT) >= amount &&
                              window_left(&window, now + wait - 1, LIMIT) < amount);
        good &= wait <= HOUR + 60;
        if (amount > left) {
            now += rand() % 2 ? wait : 0;
            continue;
        }
        window_spend(&window, now, amount);
        events[count++] = (struct event){now, amount};
        good &= spent_in_hour(now) <= LIMIT;
    }
    return good;
}

static void test_edges(void)
{
    struct window window = {0};

    ok(window_left(&window, 0, LIMIT) == LIMIT, "nothing is spent when the machine has booted");
    window_spend(&window, 59, LIMIT);
    ok(window_left(&window, 59, LIMIT) == 0, "all can be spent at once");
    ok(window_left(&window, 59 + HOUR, LIMIT) == 0, "it is still spent an hour later");
    ok(window_left(&window, 60 + HOUR, LIMIT) == LIMIT, "and no more in the minute after that");
    ok(window_wait(&window, 59, LIMIT, 1) == HOUR + 1, "which is how long one has to wait");
    window_spend(&window, 60 + HOUR, 1);
    ok(window_left(&window, 60 + HOUR, LIMIT) == LIMIT - 1, "a slot is used again, empty");
    window_spend(&window, 1000 * HOUR, 1);
    ok(window_left(&window, 1000 * HOUR, LIMIT) == LIMIT - 1, "weeks later all slots are empty");
    window_spend(&window, 1000 * HOUR, UINT32_MAX);
    window_spend(&window, 1000 * HOUR, UINT32_MAX);
    ok(window_left(&window, 1000 * HOUR, UINT32_MAX) == 0, "more than a number holds is the most");
    ok(window_wait(&window, 1000 * HOUR, LIMIT, LIMIT) == HOUR + 60, "spent beyond the limit, too");
}

int main(void)
{
    static const unsigned pauses[] = {1, 2, 7, 61, 600, 7200};
    static const uint32_t amounts[] = {1, 10, 1000};

    test_edges();
    for (unsigned p = 0; p < sizeof(pauses) / sizeof(*pauses); p++)
        for (unsigned a = 0; a < sizeof(amounts) / sizeof(*amounts); a++)
            ok(holds(p, (int64_t)p * 12345, pauses[p] + 1, amounts[a]),
               "pauses up to %u s, amounts up to %u: no hour has more than the limit", pauses[p],
               amounts[a]);
    return done();
}
