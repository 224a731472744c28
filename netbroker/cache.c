/*
 * Two layers. A source is a request and the server's last response to it; feeds that make the same
 * request share a source, so one fetch serves them all. A cached feed is the last good text that
 * one feed's format made of it.
 */
#include "cache.h"

#include "backoff.h"
#include "clock.h"
#include "format/format.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define URL_MAX    2048
#define REASON_MAX 256

struct source {
    const struct feed *feed; /* one of the feeds that share it */
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

struct cached_feed {
    struct source *source;
    unsigned generation; /* of the last body formatted */
    int64_t made;        /* when the body of `text` was fetched; 0: no text yet */
    char *text;          /* the last good text */
    size_t length;
    char trouble[REASON_MAX]; /* why the last body made no text, or "" */
};

struct cache {
    const struct feeds *feeds;
    struct fetcher *fetcher;
    struct ledger *ledger;
    bool offline_samples;
    size_t source_count;
    struct source *source;
    struct cached_feed *cached; /* one per feed, in their order */
};

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

/* True if both feeds make the same request with the same rights and limits. */
static bool same_request(const struct feed *a, const struct feed *b)
{
    return equal(a->url, b->url) && a->is_post == b->is_post && equal(a->body, b->body) &&
           same_headers(a->headers, b->headers) && equal(a->lookup_url, b->lookup_url) &&
           a->format == b->format && equal(a->credential, b->credential) &&
           equal(a->header, b->header) && equal(a->ca, b->ca) &&
           equal(a->pinned_key, b->pinned_key) && a->allow_private == b->allow_private &&
           a->ttl_seconds == b->ttl_seconds && a->max_bytes == b->max_bytes &&
           a->connect_ms == b->connect_ms && a->total_ms == b->total_ms;
}

static struct source *source_of(struct cache *cache, const struct feed *feed)
{
    struct source *source;

    for (size_t i = 0; i < cache->source_count; i++)
        if (same_request(cache->source[i].feed, feed))
            return &cache->source[i];
    source = &cache->source[cache->source_count++];
    source->feed = feed;
    return source;
}

struct cache *cache_new(const struct feeds *feeds, struct fetcher *fetcher, struct ledger *ledger,
                        bool offline_samples)
{
    struct cache *cache = calloc(1, sizeof(*cache));
    struct source *source = calloc(feeds->count + 1, sizeof(*source));
    struct cached_feed *cached = calloc(feeds->count + 1, sizeof(*cached));

    if (!cache || !source || !cached)
        err(1, "cannot allocate the cache");
    *cache = (struct cache){.feeds = feeds,
                            .fetcher = fetcher,
                            .ledger = ledger,
                            .offline_samples = offline_samples,
                            .source = source,
                            .cached = cached};
    for (size_t i = 0; i < feeds->count; i++)
        cached[i].source = source_of(cache, &feeds->feed[i]);
    return cache;
}

static uint32_t random_number(void)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        err(1, "cannot get a random number");
    return number;
}

static void keep_reason(char trouble[REASON_MAX], const struct text *reason)
{
    snprintf(trouble, REASON_MAX, "%.*s", REASON_MAX - 1,
             reason->length > 0 ? reason->data : "for no known reason");
}

static void failed(struct source *source, int64_t asked_ms, bool unreachable)
{
    int64_t now = clock_ms();

    source->failures++;
    source->unreachable = unreachable;
    source->fresh_until = 0;
    source->retry_at = now + backoff_ms(source->failures, asked_ms, random_number());
    source->left_alone = asked_ms > 0 ? source->retry_at : 0;
}

/* Writes the feed's url, with the id that the lookup found. False if it is too long. */
static bool expand(const struct source *source, char url[URL_MAX])
{
    const char *from = source->feed->url, *mark = strstr(from, "{id}");
    int length;

    if (mark)
        length = snprintf(url, URL_MAX, "%.*s%s%s", (int)(mark - from), from, source->lookup.id,
                          mark + strlen("{id}"));
    else
        length = snprintf(url, URL_MAX, "%s", from);
    return length < URL_MAX;
}

/* Makes the feed's lookup, if it has one and has not made it. */
static bool look_up(struct cache *cache, struct source *source, int64_t deadline,
                    struct response *response, struct text *reason)
{
    const struct feed *feed = source->feed;

    if (!feed->lookup_url || source->looked_up)
        return true;
    source->looked_up =
        fetch(cache->fetcher, feed, &(struct request){.url = feed->lookup_url}, deadline, response,
              reason) &&
        format_lookup(feed, response->body, response->length, &source->lookup, reason);
    return source->looked_up;
}

/* Replaces `*kept` by a copy of the bytes. */
static void keep(char **kept, size_t *kept_length, const char *bytes, size_t length)
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
    keep(&source->body, &source->length, response->body, response->length);
    source->validators = response->validators;
    source->generation++;
}

/* Makes one request, after a lookup if needed. An answer of 404 or 410 voids the lookup. */
static bool make_request(struct cache *cache, struct source *source, int64_t deadline,
                         struct response *response, struct text *reason)
{
    const struct feed *feed = source->feed;
    char url[URL_MAX];

    if (!look_up(cache, source, deadline, response, reason))
        return false;
    if (!expand(source, url)) {
        text_printf(reason, "the url is longer than %d bytes", URL_MAX);
        return false;
    }
    const struct request request = {
        .url = url,
        .body = feed->body,
        .known = source->body && !feed->is_post ? &source->validators : NULL,
    };
    if (fetch(cache->fetcher, feed, &request, deadline, response, reason))
        return true;
    if (response->status == 404 || response->status == 410)
        source->looked_up = false;
    return false;
}

/* Asks the server, unless the last response is fresh, it is too early to ask again, or the ledger
 * denies it. True if the server has sent or confirmed the body. */
static bool refresh(struct cache *cache, struct source *source, const struct question *question)
{
    int64_t now = clock_ms();
    struct response response = {0};
    struct text reason = TEXT_EMPTY;

    if (now < source->fresh_until || now < source->retry_at)
        return false;
    source->denied = !ledger_grants(cache->ledger, question, &reason);
    if (source->denied) {
        keep_reason(source->trouble, &reason);
        return false;
    }
    now = clock_ms();
    if (!make_request(cache, source, now + source->feed->total_ms, &response, &reason)) {
        keep_reason(source->trouble, &reason);
        failed(source, response.wait_ms, !response.reached);
        return false;
    }
    if (!response.unchanged)
        keep_body(source, &response);
    source->trouble[0] = '\0';
    source->fetched = clock_ms();
    source->fresh_until = source->fetched + source->feed->ttl_seconds * INT64_C(1000);
    source->left_alone = 0;
    return true;
}

/* Formats a new body. One that makes no text counts as a failure of its source. */
static void reformat(const struct feed *feed, struct cached_feed *cached)
{
    struct source *source = cached->source;
    struct text text = TEXT_EMPTY, reason = TEXT_EMPTY;

    if (cached->generation == source->generation) {
        if (cached->trouble[0] == '\0')
            cached->made = source->fetched;
        return;
    }
    cached->generation = source->generation;
    if (feed->is_post && source->length == 0)
        text_printf(&text, "[the server accepted it, and sent no answer]");
    if (text.length > 0 || format_text(feed, feed->lookup_url ? &source->lookup : NULL,
                                       source->body, source->length, &text, &reason)) {
        keep(&cached->text, &cached->length, text.data, text.length);
        cached->trouble[0] = '\0';
        cached->made = source->fetched;
        source->failures = 0;
        return;
    }
    keep_reason(cached->trouble, &reason);
    source->validators = (struct validators){0};
    failed(source, 0, false);
}

enum ledger_event cache_answer(struct cache *cache, const struct question *question,
                               struct text *text, struct text *reason)
{
    const struct feed *feed = question->feed;
    struct cached_feed *cached = &cache->cached[feed - cache->feeds->feed];
    struct source *source = cached->source;
    const bool is_new = refresh(cache, source, question);
    const char *trouble;
    char age[32];

    reformat(feed, cached);
    if (feed->ttl_seconds == 0 && source->trouble[0])
        cached->made = 0;
    trouble = source->trouble[0] ? source->trouble : cached->trouble;
    text_printf(reason, "%s", trouble);

    if (cached->made > 0) {
        if (trouble[0])
            text_printf(text, "[%s old: %s]\n", backoff_words(clock_ms() - cached->made, age),
                        trouble);
        text_append_clean(text, cached->text, cached->length);
        return trouble[0] ? LEDGER_STALE : is_new ? LEDGER_ANSWERED : LEDGER_CACHED;
    }
    if (source->denied) {
        text_printf(text, "[denied: %s]", trouble);
        return LEDGER_DENIED;
    }
    if (cache->offline_samples && feed->sample && source->unreachable) {
        text_printf(text, "[sample, not live: %s]\n", trouble);
        text_append_clean(text, feed->sample, strlen(feed->sample));
    } else {
        text_printf(text, "[%s: %s]", feed->name, trouble);
    }
    return LEDGER_FAILED;
}

int64_t cache_needed_until(const struct cache *cache)
{
    int64_t until = 0;

    for (size_t i = 0; i < cache->source_count; i++) {
        const struct source *source = &cache->source[i];

        if (source->generation > 0 && source->fresh_until > until)
            until = source->fresh_until;
        if (source->left_alone > until)
            until = source->left_alone;
    }
    return until > clock_ms() ? until : 0;
}
