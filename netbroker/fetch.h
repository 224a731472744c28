/* One HTTPS request with libcurl, bounded in time and size, to a server that the feeds name. */
#ifndef SPARKLER_FETCH_H
#define SPARKLER_FETCH_H

#include "inputs.h"
#include "resolver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The validators of a response (RFC 9110), for a conditional request later; "" if there is none. */
struct validators {
    char etag[128];    /* ETag */
    char modified[64]; /* Last-Modified */
};

/* What is sent: the feed's method, headers and credential are added. */
struct request {
    const char *url;                /* one of the feed's, filled in */
    const char *body;               /* JSON, of a POST; NULL of a GET */
    const struct validators *known; /* of the response to an earlier GET, or NULL */
};

struct response {
    bool reached;     /* the server answered in HTTP */
    bool unchanged;   /* 304: the body with these validators is still right */
    long status;      /* of HTTP; 0 if none was read */
    const char *body; /* valid until the next fetch; no NUL at the end */
    size_t length;
    struct validators validators;
    int64_t wait_ms; /* Retry-After, or 0 */
};

struct fetcher;

/*
 * Prepares libcurl so that later fetches open no file and start no thread. `inputs`, `hosts` and
 * `resolver` must outlive the fetcher. Ends the program by errx(3) on failure.
 */
struct fetcher *fetcher_new(const struct inputs *inputs, const struct feeds *feeds,
                            const struct hosts *hosts, struct resolver *resolver);

/*
 * Makes a request with the feed's credential and limits, once: nothing that may have been sent is
 * sent again. Returns by `deadline` (clock_ms), or shortly after. True if the response has a body
 * (200; of a POST also 201, 202 and 204, perhaps an empty one) or is `unchanged`; else appends to
 * `reason` what went wrong.
 */
bool fetch(struct fetcher *fetcher, const struct feed *feed, const struct request *request,
           int64_t deadline, struct response *response, struct text *reason);

#endif
