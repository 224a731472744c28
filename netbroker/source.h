/* A request and the server's last response to it. */
#ifndef SPARKLER_SOURCE_H
#define SPARKLER_SOURCE_H

#include "answer.h"
#include "fetch.h"
#include "format/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
    const struct feed *feed; /* one of the feeds that share it */
    char *argument;          /* of a question, else NULL */
    size_t argument_length;
    bool looked_up;
    struct lookup lookup;
    char *body; /* of the last good response, or NULL */
    size_t length;
    struct validators validators;
    unsigned generation;      /* number of bodies so far */
    int64_t fetched;          /* when the server last sent or confirmed the body */
    int64_t fresh_until;      /* no request before this … */
    int64_t retry_at;         /* … nor before this, after a failure */
    int64_t left_alone;       /* until when the server asked for no request, or 0 */
    unsigned failures;        /* in a row */
    bool unreachable;         /* the last request did not reach the server */
    bool denied;              /* the last request was denied by the ledger */
    char trouble[REASON_MAX]; /* why the last request failed, or "" */
};

/* True if both feeds make the same request with the same rights and limits. */
bool source_is_same(const struct feed *a, const struct feed *b);

/*
 * Makes the request. True if the server has sent or confirmed the body; else a failure is noted in
 * the source or, if no other argument would fare better, in `server`: the source itself if it has
 * no argument. Takes at most the feed's total_ms.
 */
bool source_request(struct source *source, struct source *server, struct fetcher *fetcher);

/* Notes a failure: no request for a while, and at least for `asked_ms`. */
void source_failed(struct source *source, int64_t asked_ms, bool unreachable);

/* Replaces `*kept` by a copy of the bytes. Ends the program by err(3) without memory. */
void keep_bytes(char **kept, size_t *kept_length, const char *bytes, size_t length);

/* Replaces a reason by a text. */
void keep_reason(char trouble[REASON_MAX], const struct text *reason);

#endif
