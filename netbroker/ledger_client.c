/* The broker's end of the ledger: see ledger_client.h. */
#include "ledger_client.h"

#include "argument.h"
#include "backoff.h"
#include "clock.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

_Static_assert(LEDGER_ARGUMENT_MAX == WIRE_ARGUMENT_MAX, "an entry has room for any argument");

struct ledger {
    uint64_t sequence; /* of the last entry */
    bool asks_only;    /* no other entry is of use, as a reply has said */
};

struct ledger *ledger_new(void)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));

    if (!ledger ||
        getrandom(&ledger->sequence, sizeof(ledger->sequence), 0) != sizeof(ledger->sequence))
        err(1, "cannot prepare the ledger");
    return ledger;
}

static uint16_t put(char *to, size_t size, const char *from, size_t length)
{
    if (length > size)
        length = size;
    memcpy(to, from, length);
    return (uint16_t)length;
}

/* An entry without event, bytes and reason. */
static struct ledger_entry entry_of(const struct question *question)
{
    const struct feed *feed = question->feed;
    struct ledger_entry entry = {.version = LEDGER_VERSION, .port = question->port};

    entry.unit =
        feed && feed->argument && feed->argument->millibits > 0 ? LEDGER_BITS : LEDGER_REQUESTS;
    if (feed) {
        entry.cost = entry.unit == LEDGER_BITS ? feed->argument->millibits : 1000;
        entry.limit =
            1000 * (entry.unit == LEDGER_BITS ? feed->bits_per_hour : feed->requests_per_hour);
        entry.feed_length = put(entry.feed, sizeof(entry.feed), feed->name, strlen(feed->name));
    }
    if (question->argument) {
        entry.has_argument = 1;
        entry.argument_length = put(entry.argument, sizeof(entry.argument), question->argument,
                                    question->argument_length);
    }
    return entry;
}

/* Reads the reply, and skips those that are meant for brokers that died. False if the ledger has
 * ended, or does not reply in time. */
static bool await_reply(const struct ledger *ledger, struct ledger_reply *reply)
{
    struct pollfd readable = {.fd = BROKER_FD_LEDGER, .events = POLLIN};
    const int64_t deadline = clock_ms() + LEDGER_REPLY_MS;

    for (;;) {
        const int64_t left = deadline - clock_ms();
        const int ready = poll(&readable, 1, left > 0 ? (int)left : 0);

        if (ready == 0)
            return false;
        if (ready < 0 && errno != EINTR)
            err(1, "cannot wait for the ledger");
        if (ready < 0)
            continue;
        if (recv(BROKER_FD_LEDGER, reply, sizeof(*reply), MSG_DONTWAIT | MSG_TRUNC) !=
            sizeof(*reply))
            return false;
        if (reply->version == LEDGER_VERSION && reply->sequence == ledger->sequence)
            return true;
    }
}

/* Sends the entry; returns false, with a reason, if it is not granted. */
static bool exchange(struct ledger *ledger, struct ledger_entry *entry, struct text *reason)
{
    struct ledger_reply reply;
    char words[32];

    entry->sequence = ++ledger->sequence;
    if (send(BROKER_FD_LEDGER, entry, sizeof(*entry), MSG_NOSIGNAL | MSG_DONTWAIT) !=
            sizeof(*entry) ||
        !await_reply(ledger, &reply)) {
        text_printf(reason, "the ledger of budgets does not answer");
        return false;
    }
    ledger->asks_only = !reply.wants_ends;
    backoff_words((reply.wait_seconds + INT64_C(59)) / 60 * 60000, words);
    switch (reply.verdict) {
    case LEDGER_GRANTED:
        return true;
    case LEDGER_SPENT:
        text_printf(reason, "the budget of %u %s%s an hour is used up; more in %s",
                    entry->limit / 1000, entry->unit == LEDGER_BITS ? "bit" : "request",
                    entry->limit == 1000 ? "" : "s", words);
        return false;
    case LEDGER_FLOODED:
        text_printf(reason, "the record of questions may not grow any more; again in %s", words);
        return false;
    default:
        text_printf(reason, "the record of questions cannot be written");
        return false;
    }
}

/* Sleeps, and spins in the last millisecond or two, which poll(2) cannot measure: the rest of one
 * would tell as much as the tick. */
static void wait_for_tick(void)
{
    const int64_t tick = LEDGER_TICK_MS * INT64_C(1000000), now = clock_ns();
    const int64_t next = (now / tick + 1) * tick;
    const int64_t sleep_ms = (next - now) / 1000000 - 1;

    if (sleep_ms > 0)
        poll(NULL, 0, (int)sleep_ms);
    while (clock_ns() < next)
        continue;
}

bool ledger_grants(struct ledger *ledger, const struct question *question, struct text *reason)
{
    struct ledger_entry entry = entry_of(question);

    entry.event = LEDGER_ASKED;
    if (!exchange(ledger, &entry, reason))
        return false;
    wait_for_tick();
    return true;
}

bool ledger_records(struct ledger *ledger, const struct question *question, enum ledger_event event,
                    const char *reason, size_t bytes, struct text *denial)
{
    struct ledger_entry entry;

    if (ledger->asks_only)
        return true;
    entry = entry_of(question);
    entry.event = event;
    entry.bytes = (uint32_t)bytes;
    entry.reason_length = put(entry.reason, sizeof(entry.reason), reason, strlen(reason));
    return exchange(ledger, &entry, denial);
}
