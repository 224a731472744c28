/*
 * The supervisor's end of the ledger (netbroker/ledger.h): the budgets of the ports, and the
 * record. Whatever the broker sends, this takes bounded time and memory, and one line of the log:
 * it never waits, and a broker that breaks the protocol is not listened to any more.
 */
#ifndef SPARKLER_LEDGER_SUPERVISOR_H
#define SPARKLER_LEDGER_SUPERVISOR_H

#include "log.h"
#include "record.h"
#include "window.h"

#include "netbroker/ledger.h"
#include "netbroker/wire.h"

#include <poll.h>
#include <stdbool.h>

/* Bytes by which one VM's record may grow in any hour, beside the ends of questions that are under
 * way: what a guest that asks as fast as it can may fill of a disk. */
#define LEDGER_RECORD_MAX (4u << 20)

/* enum ledger_event in words */
extern const char *const ledger_events[LEDGER_FAILED + 1];

/* What may be sent for a port. */
struct budget {
    bool is_fixed; /* by the port's first entry */
    uint32_t cost, limit;
    uint16_t unit;
    struct window window;
};

/* How many questions to a port have had each event, and the bytes of their answers. */
struct feed_counts {
    unsigned long long of[LEDGER_FAILED + 1], bytes; /* by enum ledger_event */
};

struct ledger {
    int fd;         /* -1 when it has ended */
    const char *id; /* of the VM */
    bool has_record;
    struct record record;
    bool is_held;         /* the record was locked: `entry` is to be served again … */
    long long serve_at;   /* … then, timing_now() … */
    long long give_up_at; /* … but not beyond this */
    bool is_asking;       /* `asked` is under way */
    long long asked_at;   /* timing_now() */
    unsigned long number; /* of the last line's question; the first is 1 */
    bool is_failing;      /* the record could not be written the last time */
    long long say_at;     /* when that may be said again */
    struct ledger_entry entry, asked;
    struct window recorded;     /* bytes */
    struct budget *budgets;     /* WIRE_PORTS, by wire_port_index() */
    struct feed_counts *counts; /* likewise, for --status; NULL: nobody wants them */
};

/* What to poll for, and what to do when that has come. */
struct pollfd ledger_poll(const struct ledger *ledger);
void ledger_serve(struct ledger *ledger, const struct pollfd *polled, struct user_log *log);

/* When to call ledger_serve() next without an event; LLONG_MAX: never. */
long long ledger_wakes(const struct ledger *ledger);

/* What is left of a port's budget, in thousandths of budget->unit. */
uint32_t ledger_left(const struct budget *budget);

/* Once the VM is dead: records how the question that was under way has ended. */
void ledger_finish(struct ledger *ledger, struct user_log *log);

#endif
