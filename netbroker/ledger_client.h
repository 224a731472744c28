/* The broker's end of the ledger (ledger.h): nothing is sent upstream that it has not granted. */
#ifndef SPARKLER_LEDGER_CLIENT_H
#define SPARKLER_LEDGER_CLIENT_H

#include "feeds.h"
#include "ledger.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/* A grid in time on which requests go upstream: when they go tells no more than that. */
#define LEDGER_TICK_MS 10

/* What the VMM asks. */
struct question {
    uint16_t port;
    const struct feed *feed; /* NULL: none is configured for the port */
    const char *argument;    /* NULL: none */
    size_t argument_length;
};

/* The broker's end. Ends the program by err(3) without memory. */
struct ledger;
struct ledger *ledger_new(void);

/*
 * Asks whether a request may be sent upstream for the question, and waits for the next tick. If it
 * may not, returns false and appends to `reason` why: "the budget of 512 bits an hour is used up;
 * more in 14 minutes".
 */
bool ledger_grants(struct ledger *ledger, const struct question *question, struct text *reason);

/*
 * Has recorded what became of the question: not LEDGER_ASKED; `reason` is a string. If there is to
 * be a record and it was not written, returns false and appends to `denial` why; the guest must
 * then hear that instead.
 */
bool ledger_records(struct ledger *ledger, const struct question *question, enum ledger_event event,
                    const char *reason, size_t bytes, struct text *denial);

#endif
