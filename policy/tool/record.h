/*
 * Reads the file of jailer --record, line by line. A line is JSON in at most RECORD_LINE_MAX bytes,
 * perhaps behind spaces:
 *
 *     {"time": "2026-01-31T09:00:00.000Z", "vm": "ID", "question": 7, "port": "0x500",
 *      "feed": "place", "argument": "Berlin", "outcome": "answered", "reason": "", "bytes": 38,
 *      "ms": 41, …}
 */
#ifndef SPARKLER_RECORD_H
#define SPARKLER_RECORD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum outcome { ASKED, ANSWERED, CACHED, STALE, DENIED, FAILED, OUTCOMES };

extern const char *const outcome_names[OUTCOMES];

/* What the summary needs of a line. */
struct record_line {
    struct json_object *json; /* owns the strings */
    const char *time, *feed;
    enum outcome outcome;
    uint64_t bytes, ms;
    double bits; /* of the budget that it has spent; 0 if it has none */
};

enum record_read { RECORD_END, RECORD_LINE, RECORD_MALFORMED };

/*
 * Reads the next line. A malformed one is read too, up to its end, and `*fault` says what is wrong
 * with it. Release a good one with record_line_free(). A file that cannot be read ends there; see
 * ferror(3).
 */
enum record_read record_read(FILE *file, struct record_line *line, const char **fault);
void record_line_free(struct record_line *line);

#endif
