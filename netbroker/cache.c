/*
 * Two layers. A source is a request and the server's last response to it; feeds that make the same
 * request share a source, so one fetch serves them all. A cached text is what one feed's format
 * made of the last good response.
 *
 * A question has both for each argument, for as long as there is room. Its feed has a source, too,
 * which is never asked: it knows how long the server is to be left alone, whatever the argument.
 */
#include "cache.h"

#include "backoff.h"
#include "clock.h"
#include "encode.h"
#include "format/format.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define QUESTIONS_MAX       256
#define QUESTIONS_BYTES_MAX ((size_t)8 << 20)

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

struct cached {
    struct source *source;
    unsigned generation; /* of the last body formatted */
    int64_t made;        /* when the body of `text` was fetched; 0: no text yet */
    char *text;          /* the last good text, or bytes */
    size_t length;
    char trouble[REASON_MAX]; /* why the last body made no text, or "" */
};

struct kept {
    struct source source;
    struct cached cached;
    struct kept *next; /* which was asked before this one */
};

struct cache {
    const struct feeds *feeds;
    struct fetcher *fetcher;
    struct ledger *ledger;
    bool offline_samples;
    size_t source_count;
    struct source *source;
    struct cached *cached;  /* one per feed, in their order */
    struct kept *questions; /* from the last one that was asked to the oldest */
    struct text made;       /* what a format is making */
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

size_t cache_largest(const struct feeds *feeds)
{
    size_t largest = TEXT_MAX;

    for (size_t i = 0; i < feeds->count; i++)
        if (feeds->feed[i].max_text + 1 > largest)
            largest = feeds->feed[i].max_text + 1;
    return largest;
}

struct cache *cache_new(const struct feeds *feeds, struct fetcher *fetcher, struct ledger *ledger,
                        bool offline_samples)
{
    struct cache *cache = calloc(1, sizeof(*cache));
    struct source *source = calloc(feeds->count + 1, sizeof(*source));
    struct cached *cached = calloc(feeds->count + 1, sizeof(*cached));
    char *made = malloc(cache_largest(feeds));

    if (!cache || !source || !cached || !made)
        err(1, "cannot allocate the cache");
    *cache = (struct cache){.feeds = feeds,
                            .fetcher = fetcher,
                            .ledger = ledger,
                            .offline_samples = offline_samples,
                            .source = source,
                            .cached = cached,
                            .made.data = made};
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
    char *url, *body;
    bool success;

    if (!look_up(cache, source, deadline, response, reason))
        return false;
    fill(source, &url, &body);
    const struct request request = {
        .url = url,
        .body = body,
        .known = source->body && !feed->is_post ? &source->validators : NULL,
    };
    success = fetch(cache->fetcher, feed, &request, deadline, response, reason);
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
    failed(noted, response->wait_ms, !response->reached);
}

/* Asks the server, if the ledger grants it. True if the server has sent or confirmed the body. */
static bool refresh(struct cache *cache, const struct question *question, struct source *source,
                    struct source *server)
{
    struct response response = {0};
    struct text reason = TEXT_EMPTY;

    source->trouble[0] = server->trouble[0] = '\0';
    source->denied = !ledger_grants(cache->ledger, question, &reason);
    if (source->denied) {
        keep_reason(source->trouble, &reason);
        return false;
    }
    if (!make_request(cache, source, clock_ms() + source->feed->total_ms, &response, &reason)) {
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

/* What a format makes of the body: in cache->made, or a reason. */
static bool format_body(struct cache *cache, const struct feed *feed, const struct source *source,
                        struct text *reason)
{
    cache->made.size = feed->max_text + 1;
    text_clear(&cache->made);
    if (feed->is_post && source->length == 0) {
        text_printf(&cache->made, "[the server accepted it, and sent no answer]");
        return true;
    }
    return format_text(feed, feed->lookup_url ? &source->lookup : NULL, source->body,
                       source->length, &cache->made, reason);
}

/* Formats a new body. One that makes no text counts as a failure of its source. */
static void reformat(struct cache *cache, const struct feed *feed, struct cached *cached)
{
    struct source *source = cached->source;
    struct text reason = TEXT_EMPTY;

    if (cached->generation == source->generation) {
        if (cached->trouble[0] == '\0')
            cached->made = source->fetched;
        return;
    }
    cached->generation = source->generation;
    if (format_body(cache, feed, source, &reason)) {
        keep(&cached->text, &cached->length, cache->made.data, cache->made.length);
        cached->trouble[0] = '\0';
        cached->made = source->fetched;
        source->failures = 0;
        return;
    }
    keep_reason(cached->trouble, &reason);
    source->validators = (struct validators){0};
    failed(source, 0, false);
}

/* Why there is no answer of just now, or "". */
static const char *trouble_of(const struct cached *cached, const struct source *server)
{
    const struct source *source = cached->source;

    if (source->trouble[0])
        return source->trouble;
    return clock_ms() >= source->fresh_until && server->trouble[0] ? server->trouble
                                                                   : cached->trouble;
}

/* Writes the last good answer. Bytes have no place for their age, so they are not shown old. */
static bool show_kept(const struct feed *feed, const struct cached *cached, const char *trouble,
                      struct answer *answer)
{
    struct text *text = &answer->text;
    char age[32];

    if (cached->made == 0 || (trouble[0] && (feed->ttl_seconds == 0 || answer->is_bytes)))
        return false;
    if (trouble[0]) {
        answer->outcome = LEDGER_STALE;
        text_printf(text, "[%s old: %s]\n", backoff_words(clock_ms() - cached->made, age), trouble);
    }
    if (answer->is_bytes)
        memcpy(text->data, cached->text, text->length = cached->length);
    else
        text_append_clean(text, cached->text, cached->length);
    return true;
}

static void show(const struct cache *cache, const struct feed *feed, const struct cached *cached,
                 const struct source *server, struct answer *answer)
{
    const char *trouble = trouble_of(cached, server);

    if (feed->max_text >= answer->text.size)
        answer->text.size = feed->max_text + 1;
    snprintf(answer->reason, sizeof(answer->reason), "%s", trouble);
    answer->is_bytes = format_is_bytes(feed->format);
    if (show_kept(feed, cached, trouble, answer))
        return;
    if (cached->source->denied) {
        answer_deny(answer, "%s", trouble);
    } else if (cache->offline_samples && feed->sample &&
               (cached->source->unreachable || server->unreachable)) {
        answer->outcome = LEDGER_FAILED;
        text_printf(&answer->text, "[sample, not live: %s]\n", trouble);
        text_append_clean(&answer->text, feed->sample, strlen(feed->sample));
    } else {
        answer_fail(answer, feed->name, "%s", trouble);
    }
}

static void answer_from(struct cache *cache, const struct question *question, struct cached *cached,
                        struct source *server, struct answer *answer)
{
    struct source *source = cached->source;
    const int64_t now = clock_ms();
    const bool asks =
        now >= source->fresh_until && now >= source->retry_at && now >= server->retry_at;

    answer->outcome =
        asks && refresh(cache, question, source, server) ? LEDGER_ANSWERED : LEDGER_CACHED;
    reformat(cache, question->feed, cached);
    show(cache, question->feed, cached, server, answer);
}

/* ---- Questions ---- */

static void free_kept(struct kept *kept)
{
    free(kept->source.argument);
    free(kept->source.body);
    free(kept->cached.text);
    free(kept);
}

static struct kept *new_kept(const struct question *question)
{
    struct kept *kept = calloc(1, sizeof(*kept));
    char *argument = malloc(question->argument_length);

    if (!kept || !argument)
        err(1, "no memory for a question");
    memcpy(argument, question->argument, question->argument_length);
    kept->source.feed = question->feed;
    kept->source.argument = argument;
    kept->source.argument_length = question->argument_length;
    kept->cached.source = &kept->source;
    return kept;
}

static bool is_asked(const struct source *source, const struct question *question)
{
    return source->feed == question->feed && source->argument_length == question->argument_length &&
           memcmp(source->argument, question->argument, question->argument_length) == 0;
}

/* Finds what is kept of a question, or begins to keep it, and puts it first. */
static struct kept *keep_first(struct cache *cache, const struct question *question)
{
    struct kept **link = &cache->questions, *kept;

    while (*link && !is_asked(&(*link)->source, question))
        link = &(*link)->next;
    kept = *link;
    if (kept)
        *link = kept->next;
    else
        kept = new_kept(question);
    kept->next = cache->questions;
    cache->questions = kept;
    return kept;
}

/* Drops the oldest questions, beyond what there is room for, but never the first; that one, too, if
 * its answer is never fresh. */
static void make_room(struct cache *cache)
{
    const bool keeps_first = cache->questions->source.feed->ttl_seconds > 0;
    size_t count = 0, bytes = 0;

    for (struct kept **link = &cache->questions; *link;) {
        struct kept *kept = *link;

        bytes += kept->source.length + kept->cached.length;
        count++;
        if (count == 1 ? keeps_first : count <= QUESTIONS_MAX && bytes <= QUESTIONS_BYTES_MAX) {
            link = &kept->next;
        } else {
            *link = kept->next;
            free_kept(kept);
        }
    }
}

void cache_answer(struct cache *cache, const struct question *question, struct answer *answer)
{
    struct cached *cached = &cache->cached[question->feed - cache->feeds->feed];

    if (!question->feed->argument) {
        answer_from(cache, question, cached, cached->source, answer);
        return;
    }
    answer_from(cache, question, &keep_first(cache, question)->cached, cached->source, answer);
    make_room(cache);
}

/* The later of `until` and the time until when a source must not be lost. */
static int64_t needed_until(const struct source *source, int64_t until)
{
    if (source->generation > 0 && source->fresh_until > until)
        until = source->fresh_until;
    return source->left_alone > until ? source->left_alone : until;
}

int64_t cache_needed_until(const struct cache *cache)
{
    int64_t until = 0;

    for (size_t i = 0; i < cache->source_count; i++)
        until = needed_until(&cache->source[i], until);
    for (const struct kept *kept = cache->questions; kept; kept = kept->next)
        until = needed_until(&kept->source, until);
    return until > clock_ms() ? until : 0;
}
