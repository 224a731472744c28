/* The supervisor's end of the ledger: see ledger.h. */
#include "ledger.h"

#include "json.h"
#include "stream.h"
#include "timing.h"

#include "policy/fds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND   (TIMING_SECOND / 1000)
#define TURN          8                    /* entries, before the supervisor looks at others */
#define LOCK_PATIENCE TIMING_SECOND        /* with a VM that holds the lock on the record */
#define QUIET         (60 * TIMING_SECOND) /* from one complaint about the record to the next */

/* of a line of the record, for strings with their escapes, and for the rest */
#define FEED_ROOM     (6ul * LEDGER_FEED_MAX)
#define ARGUMENT_ROOM 2048
#define REASON_ROOM   1024
#define LINE_ROOM     512
_Static_assert(FEED_ROOM + ARGUMENT_ROOM + REASON_ROOM + LINE_ROOM <= RECORD_LINE_MAX,
               "a line fits");

/* beside enum ledger_verdict: the entry waits for the lock on the record */
#define HELD ((enum ledger_verdict)0)

const char *const ledger_events[] = {
    [LEDGER_ASKED] = "asked", [LEDGER_ANSWERED] = "answered", [LEDGER_CACHED] = "cached",
    [LEDGER_STALE] = "stale", [LEDGER_DENIED] = "denied",     [LEDGER_FAILED] = "failed",
};

/* A line of the record. */
struct line {
    enum ledger_event event;
    const struct ledger_entry *question; /* port, feed and argument */
    const char *reason;
    size_t reason_length;
    uint32_t bytes;
    long long ms;
    uint32_t left; /* of the port's budget, in thousandths */
    bool is_end;   /* of a question that an earlier line has begun */
};

/* Seconds since boot. Time asleep counts: an hour of a budget is one of the world's. */
static int64_t boot_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static struct budget *budget_of(struct ledger *ledger, const struct ledger_entry *entry)
{
    return &ledger->budgets[wire_port_index(entry->port)];
}

uint32_t ledger_left(const struct budget *budget)
{
    return window_left(&budget->window, boot_seconds(), budget->limit);
}

static uint32_t left_for(struct ledger *ledger, const struct ledger_entry *entry)
{
    return ledger_left(budget_of(ledger, entry));
}

static void print_time(struct json *json)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    json_printf(json, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                now.tv_nsec / 1000000);
}

static void print_line(const struct ledger *ledger, const struct line *line, struct json *json)
{
    const struct ledger_entry *question = line->question;
    bool whole;

    print_time(json);
    json_printf(json, ",\"vm\":\"%s\",\"question\":%lu,\"port\":\"0x%x\",\"feed\":", ledger->id,
                ledger->number + !line->is_end, question->port);
    whole = json_string(json, question->feed, question->feed_length, FEED_ROOM);
    json_printf(json, ",\"argument\":");
    if (question->has_argument)
        whole &= json_string(json, question->argument, question->argument_length, ARGUMENT_ROOM);
    else
        json_printf(json, "null");
    json_printf(json, ",\"outcome\":\"%s\",\"reason\":", ledger_events[line->event]);
    whole &= json_string(json, line->reason, line->reason_length, REASON_ROOM);
    if (line->event == LEDGER_ASKED && question->unit == LEDGER_BITS)
        json_printf(json, ",\"bits\":%u.%03u", question->cost / 1000, question->cost % 1000);
    json_printf(json, ",\"bytes\":%u,\"ms\":%lld,\"%s\":%u.%03u%s}\n", line->bytes, line->ms,
                question->unit == LEDGER_BITS ? "bits_left" : "requests_left", line->left / 1000,
                line->left % 1000, whole ? "" : ",\"cut\":true");
}

/* Says on the log why questions are denied, unless that was said a moment ago. */
static enum ledger_verdict complain(struct ledger *ledger, enum ledger_verdict verdict,
                                    const char *why, struct user_log *log)
{
    if (!ledger->is_failing && timing_now() >= ledger->say_at) {
        user_log_say(log, "%s; questions are denied until a line can be written again", why);
        ledger->say_at = timing_now() + QUIET;
    }
    ledger->is_failing = true;
    return verdict;
}

static enum ledger_verdict complain_of_write(struct ledger *ledger, struct user_log *log)
{
    char why[128];

    snprintf(why, sizeof(why), "cannot write to the record: %s (--record)",
             errno == EAGAIN ? "another process keeps it locked" : strerror(errno));
    return complain(ledger, LEDGER_UNRECORDED, why, log);
}

/* Appends a line to the record. */
static enum ledger_verdict append(struct ledger *ledger, const struct line *line,
                                  struct user_log *log)
{
    char buffer[2 * RECORD_LINE_MAX];
    struct json json = {.text = buffer + RECORD_LINE_MAX, .size = RECORD_LINE_MAX};
    const int64_t now = boot_seconds();

    print_line(ledger, line, &json);
    if (!line->is_end && window_left(&ledger->recorded, now, LEDGER_RECORD_MAX) < RECORD_GROWTH_MAX)
        return complain(ledger, LEDGER_FLOODED,
                        "the record has grown as much as one VM may make it grow in an hour", log);
    switch (record_append(&ledger->record, json.text, &json.length)) {
    case RECORD_WRITTEN:
        ledger->is_failing = false;
        ledger->number += !line->is_end;
        window_spend(&ledger->recorded, now, (uint32_t)json.length);
        return LEDGER_GRANTED;
    case RECORD_LOCKED:
        if (timing_now() < ledger->give_up_at)
            return HELD;
        errno = EAGAIN;
        return complain_of_write(ledger, log);
    case RECORD_FAILED:
        return complain_of_write(ledger, log);
    }
    return LEDGER_UNRECORDED;
}

/* Counts what the guest hears: what cannot be recorded it hears as denied. */
static void count(struct ledger *ledger, const struct line *line, enum ledger_verdict verdict)
{
    struct feed_counts *counts = &ledger->counts[wire_port_index(line->question->port)];

    if (verdict == LEDGER_GRANTED) {
        counts->of[line->event]++;
        counts->bytes += line->bytes;
    } else if (line->event != LEDGER_ASKED) {
        counts->of[LEDGER_DENIED]++;
    }
}

/* Records and counts a line, as far as either was asked for. */
static enum ledger_verdict record(struct ledger *ledger, const struct line *line,
                                  struct user_log *log)
{
    const enum ledger_verdict verdict =
        ledger->has_record ? append(ledger, line, log) : LEDGER_GRANTED;

    if (ledger->counts && verdict != HELD)
        count(ledger, line, verdict);
    return verdict;
}

/* Records how the question that is under way has ended. */
static enum ledger_verdict end_question(struct ledger *ledger, enum ledger_event event,
                                        const char *reason, size_t reason_length, uint32_t bytes,
                                        struct user_log *log)
{
    const struct line line = {
        .event = event,
        .question = &ledger->asked,
        .reason = reason,
        .reason_length = reason_length,
        .bytes = bytes,
        .ms = (timing_now() - ledger->asked_at) / MILLISECOND,
        .left = left_for(ledger, &ledger->asked),
        .is_end = true,
    };
    const enum ledger_verdict verdict = record(ledger, &line, log);

    ledger->is_asking = verdict == HELD;
    return verdict;
}

static enum ledger_verdict end_unanswered(struct ledger *ledger, const char *reason,
                                          struct user_log *log)
{
    return end_question(ledger, LEDGER_FAILED, reason, strlen(reason), 0, log);
}

/* Records an entry that needs no other line. */
static enum ledger_verdict record_entry(struct ledger *ledger, uint32_t left, struct user_log *log)
{
    const struct ledger_entry *entry = &ledger->entry;
    const struct line line = {
        .event = entry->event,
        .question = entry,
        .reason = entry->reason,
        .reason_length = entry->reason_length,
        .bytes = entry->bytes,
        .left = left,
    };

    return record(ledger, &line, log);
}

/* A request may be sent if its port has the budget, and once it is on record. */
static enum ledger_verdict ask(struct ledger *ledger, struct user_log *log)
{
    const struct ledger_entry *entry = &ledger->entry;
    const uint32_t left = left_for(ledger, entry);
    enum ledger_verdict verdict;

    if (left < entry->cost)
        return LEDGER_SPENT;
    verdict = record_entry(ledger, left - entry->cost, log);
    if (verdict == LEDGER_GRANTED) {
        window_spend(&budget_of(ledger, entry)->window, boot_seconds(), entry->cost);
        ledger->asked = *entry;
        ledger->asked_at = timing_now();
        ledger->is_asking = true;
    }
    return verdict;
}

/* The verdict on the entry, or HELD; it is then asked for again. */
static enum ledger_verdict judge(struct ledger *ledger, struct user_log *log)
{
    const struct ledger_entry *entry = &ledger->entry;

    if (ledger->is_asking && (entry->event == LEDGER_ASKED || entry->port != ledger->asked.port) &&
        end_unanswered(ledger, "the network broker died before it had an answer", log) == HELD)
        return HELD;
    if (entry->event == LEDGER_ASKED)
        return ask(ledger, log);
    if (ledger->is_asking)
        return end_question(ledger, entry->event, entry->reason, entry->reason_length, entry->bytes,
                            log);
    return record_entry(ledger, left_for(ledger, entry), log);
}

/* Closes our end: the broker learns that nothing is granted any more. Says why, if it is to blame.
 */
static void end(struct ledger *ledger, const char *why, struct user_log *log)
{
    if (why)
        user_log_say(log,
                     "the network broker broke the ledger's protocol, and may not ask any "
                     "more: %s",
                     why);
    close(ledger->fd);
    ledger->fd = -1;
    ledger->is_held = false;
}

static uint32_t wait_for(struct ledger *ledger, enum ledger_verdict verdict)
{
    const struct budget *budget = budget_of(ledger, &ledger->entry);

    switch (verdict) {
    case LEDGER_SPENT:
        return window_wait(&budget->window, boot_seconds(), budget->limit, budget->cost);
    case LEDGER_FLOODED:
        return window_wait(&ledger->recorded, boot_seconds(), LEDGER_RECORD_MAX, RECORD_GROWTH_MAX);
    default:
        return 0;
    }
}

static void reply(struct ledger *ledger, enum ledger_verdict verdict, struct user_log *log)
{
    const struct ledger_reply frame = {
        .version = LEDGER_VERSION,
        .verdict = verdict,
        .sequence = ledger->entry.sequence,
        .wait_seconds = wait_for(ledger, verdict),
        .wants_ends = ledger->has_record || ledger->counts,
    };

    if (write(ledger->fd, &frame, sizeof(frame)) != sizeof(frame))
        end(ledger, stream_again() ? "it asks but never reads the replies" : NULL, log);
}

/* Serves ledger->entry, or holds it. */
static void serve(struct ledger *ledger, struct user_log *log)
{
    const enum ledger_verdict verdict = judge(ledger, log);

    ledger->is_held = verdict == HELD;
    if (ledger->is_held)
        ledger->serve_at = timing_now() + MILLISECOND;
    else
        reply(ledger, verdict, log);
}

/* What is wrong with an entry, or NULL. */
static const char *fault_of(const struct ledger_entry *entry)
{
    if (entry->version != LEDGER_VERSION)
        return "an entry of an unknown version";
    if (entry->event < LEDGER_ASKED || entry->event > LEDGER_FAILED)
        return "an entry of an unknown kind";
    if (wire_port_index(entry->port) < 0)
        return "an entry for a port that is not a feed's";
    if (entry->unit != LEDGER_REQUESTS && entry->unit != LEDGER_BITS)
        return "an entry with an unknown unit";
    if (entry->cost > entry->limit || (entry->event == LEDGER_ASKED && entry->cost == 0))
        return "an entry with an impossible cost";
    if (entry->feed_length > LEDGER_FEED_MAX || entry->argument_length > LEDGER_ARGUMENT_MAX ||
        entry->reason_length > LEDGER_REASON_MAX || entry->has_argument > 1)
        return "an entry with a string that is too long";
    return NULL;
}

/* The first entry for a port fixes its budget; false for one that does not agree with that. */
static bool fits_budget(struct budget *budget, const struct ledger_entry *entry)
{
    if (!budget->is_fixed) {
        budget->is_fixed = true;
        budget->cost = entry->cost;
        budget->limit = entry->limit;
        budget->unit = entry->unit;
    }
    return budget->cost == entry->cost && budget->limit == entry->limit &&
           budget->unit == entry->unit;
}

/* Reads the next entry. False if there is none, or if the ledger has ended. */
static bool receive(struct ledger *ledger, short events, struct user_log *log)
{
    struct {
        struct ledger_entry entry;
        char more;
    } frame;
    const ssize_t length = read(ledger->fd, &frame, sizeof(frame));
    const char *fault;

    if (length < 0 && stream_again())
        return false;
    if (length < 0 || (length == 0 && (events & POLLHUP))) { /* all its holders are dead */
        end(ledger, NULL, log);
        return false;
    }
    fault = length == sizeof(frame.entry) ? fault_of(&frame.entry) : "an entry of the wrong size";
    if (!fault && !fits_budget(budget_of(ledger, &frame.entry), &frame.entry))
        fault = "an entry that changes a port's budget";
    if (fault) {
        end(ledger, fault, log);
        return false;
    }
    ledger->entry = frame.entry;
    ledger->give_up_at = timing_now() + LOCK_PATIENCE;
    return true;
}

struct pollfd ledger_poll(const struct ledger *ledger)
{
    return (struct pollfd){.fd = ledger->is_held ? -1 : ledger->fd, .events = POLLIN};
}

long long ledger_wakes(const struct ledger *ledger)
{
    return ledger->is_held ? ledger->serve_at : LLONG_MAX;
}

void ledger_serve(struct ledger *ledger, const struct pollfd *polled, struct user_log *log)
{
    if (ledger->is_held && timing_now() >= ledger->serve_at)
        serve(ledger, log);
    if (polled->revents == 0)
        return;
    for (int i = 0; i < TURN && ledger->fd >= 0 && !ledger->is_held; i++) {
        if (!receive(ledger, polled->revents, log))
            return;
        serve(ledger, log);
    }
}

void ledger_finish(struct ledger *ledger, struct user_log *log)
{
    ledger->give_up_at = timing_now() + LOCK_PATIENCE;
    while (ledger->is_asking &&
           end_unanswered(ledger, "the VM ended before there was an answer", log) == HELD)
        poll(NULL, 0, 1);
}
