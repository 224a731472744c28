/* One HTTPS request with libcurl, bounded in time and size, to a server that the feeds name. */
#ifndef SPARKLER_FETCH_H
#define SPARKLER_FETCH_H

#include "inputs.h"
#include "resolver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a server said of its answer, for asking later whether it has changed; "" if nothing. */
struct validators {
    char etag[128];
    char modified[64];
};

struct response {
    bool reached;     /* the server was there and spoke HTTP */
    bool unchanged;   /* 304: what the validators stand for is still right */
    long status;      /* of HTTP, 0 if none was read */
    const char *body; /* until the next fetch; not ended by NUL */
    size_t length;
    struct validators validators;
    int64_t wait_ms; /* how long the server asked to be left alone, 0 if it did not */
};

struct fetcher;

/*
 * Prepares libcurl so that later fetches open no file and start no thread. `handed`, `hosts` and
 * `resolver` are kept. Ends the program by errx(3) on failure.
 */
struct fetcher *fetcher_new(const struct inputs *inputs, const struct feeds *feeds,
                            const struct hosts *hosts, struct resolver *resolver);

/*
 * Asks for `url`, one of the feed's, with the feed's credential and limits; with `known` (may be
 * NULL) only for what has changed. Returns by `deadline` (clock_ms), a little over at most. True
 * if the reply is a body (200) or `unchanged`; else appends to `reason`, in words, what was wrong.
 */
bool fetch(struct fetcher *fetcher, const struct feed *feed, const char *url,
           const struct validators *known, int64_t deadline, struct response *response,
           struct text *reason);

#endif
