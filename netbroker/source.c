/* A request and the server's last response to it: see source.h. */
#include "source.h"

#include "backoff.h"
#include "clock.h"
#include "encode.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_headers(char *const *a, char *const *b)
{
    while (a && b && *a && equal(*a, *b))
        a++, b++;
    return a == b || (a && b && equal(*a, *b));
}

bool source_is_same(const struct feed *a, const struct feed *b)
{
    return equal(a->url, b->url) && a->is_post == b->is_post && equal(a->body, b->body) &&
           same_headers(a->headers, b->headers) && equal(a->lookup_url, b->lookup_url) &&
           a->format == b->format && equal(a->credential, b->credential) &&
           equal(a->header, b->header) && equal(a->ca, b->ca) &&
           equal(a->pinned_key, b->pinned_key) && a->allow_private == b->allow_private &&
           a->ttl_seconds == b->ttl_seconds && a->max_bytes == b->max_bytes &&
           a->connect_ms == b->connect_ms && a->total_ms == b->total_ms;
}

static uint32_t random_number(void)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        err(1, "cannot get a random number");
    return number;
}

void keep_reason(char trouble[REASON_MAX], const struct text *reason)
{
    snprintf(trouble, REASON_MAX, "%.*s", REASON_MAX - 1,
             reason->length > 0 ? reason->data : "for no known reason");
}

void source_failed(struct source *source, int64_t asked_ms, bool unreachable)
{
    int64_t now = clock_ms();

    source->failures++;
    source->unreachable = unreachable;
    source->fresh_until = 0;
    source->retry_at = now + backoff_ms(source->failures, asked_ms, random_number());
    source->left_alone = asked_ms > 0 ? source->retry_at : 0;
}

/* The url and the body of a source's request, with the id or the argument in its place. */
static void fill(const struct source *source, char **url, char **body)
{
    const struct feed *feed = source->feed;
    const char *argument = source->argument ? source->argument : "";
    char *in_url = encode_percent(argument, source->argument_length);
    char *in_body = encode_json(argument, source->argument_length);

    *url = feed->argument ? encode_fill(feed->url, ARGUMENT_MARK, in_url)
                          : encode_fill(feed->url, "{id}", source->lookup.id);
    *body = feed->body ? encode_fill(feed->body, ARGUMENT_MARK, in_body) : NULL;
    free(in_url);
    free(in_body);
}

/* Makes the feed's lookup, if it has one and has not made it. */
static bool look_up(struct fetcher *fetcher, struct source *source, int64_t deadline,
                    struct response *response, struct text *reason)
{
    const struct feed *feed = source->feed;

    if (!feed->lookup_url || source->looked_up)
        return true;
    source->looked_up =
        fetch(fetcher, feed, &(struct request){.url = feed->lookup_url}, deadline, response,
              reason) &&
        format_lookup(feed, response->body, response->length, &source->lookup, reason);
    return source->looked_up;
}

void keep_bytes(char **kept, size_t *kept_length, const char *bytes, size_t length)
{
    char *copy = malloc(length + 1);

    if (!copy)
        err(1, "no memory for an answer");
    memcpy(copy, bytes, length);
    free(*kept);
    *kept = copy;
    *kept_length = length;
}

static void keep_body(struct source *source, const struct response *response)
{
    keep_bytes(&source->body, &source->length, response->body, response->length);
    source->validators = response->validators;
    source->generation++;
}

/* Makes one request, after a lookup if needed. An answer of 404 or 410 voids the lookup. */
static bool make_request(struct fetcher *fetcher, struct source *source, int64_t deadline,
                         struct response *response, struct text *reason)
{
    const struct feed *feed = source->feed;
    char *url, *body;
    bool success;

    if (!look_up(fetcher, source, deadline, response, reason))
        return false;
    fill(source, &url, &body);
    const struct request request = {
        .url = url,
        .body = body,
        .known = source->body && !feed->is_post ? &source->validators : NULL,
    };
    success = fetch(fetcher, feed, &request, deadline, response, reason);
    if (!success && (response->status == 404 || response->status == 410))
        source->looked_up = false;
    free(url);
    free(body);
    return success;
}

static bool is_servers_fault(const struct response *response)
{
    return !response->reached || response->status == 429 || response->status >= 500;
}

/* A failure is the source's, or the server's: then no other argument fares better. */
static void note_failure(struct source *source, struct source *server,
                         const struct response *response, const struct text *reason)
{
    struct source *noted = is_servers_fault(response) ? server : source;

    keep_reason(noted->trouble, reason);
    if (noted != server)
        server->failures = 0;
    source_failed(noted, response->wait_ms, !response->reached);
}

bool source_request(struct source *source, struct source *server, struct fetcher *fetcher)
{
    const int64_t deadline = clock_ms() + source->feed->total_ms;
    struct response response = {0};
    struct text reason = TEXT_EMPTY;

    if (!make_request(fetcher, source, deadline, &response, &reason)) {
        note_failure(source, server, &response, &reason);
        return false;
    }
    if (!response.unchanged)
        keep_body(source, &response);
    source->fetched = clock_ms();
    source->fresh_until = source->fetched + source->feed->ttl_seconds * INT64_C(1000);
    source->left_alone = server->left_alone = 0;
    if (server != source)
        server->failures = 0;
    return true;
}
