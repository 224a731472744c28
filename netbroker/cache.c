/*
 * Two layers. A source (source.h) is a request and the server's last response to it; feeds that
 * make the same request share a source, so one fetch serves them all. A cached text is what one
 * feed's format made of the last good response.
 *
 * A question has both for each argument, for as long as there is room. Its feed has a source, too,
 * which is never asked: it knows how long the server is to be left alone, whatever the argument.
 */
#include "cache.h"

#include "backoff.h"
#include "clock.h"
#include "format/format.h"
#include "source.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTIONS_MAX       256
#define QUESTIONS_BYTES_MAX ((size_t)8 << 20)

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

static struct source *source_of(struct cache *cache, const struct feed *feed)
{
    struct source *source;

    for (size_t i = 0; i < cache->source_count; i++)
        if (source_is_same(cache->source[i].feed, feed))
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

/* Asks the server, if the ledger grants it. True if the server has sent or confirmed the body. */
static bool refresh(struct cache *cache, const struct question *question, struct source *source,
                    struct source *server)
{
    struct text reason = TEXT_EMPTY;

    source->trouble[0] = server->trouble[0] = '\0';
    source->denied = !ledger_grants(cache->ledger, question, &reason);
    if (source->denied) {
        keep_reason(source->trouble, &reason);
        return false;
    }
    return source_request(source, server, cache->fetcher);
}

/* What a format makes of the body: in cache->made, or a reason. */
static bool format_body(struct cache *cache, const struct feed *feed, const struct source *source,
                        struct text *reason)
{
    cache->made.size = feed->max_text + 1;
    text_clear(&cache->made);
    if (feed->is_post && source->length == 0 && !format_is_bytes(feed->format)) {
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
        keep_bytes(&cached->text, &cached->length, cache->made.data, cache->made.length);
        cached->trouble[0] = '\0';
        cached->made = source->fetched;
        source->failures = 0;
        return;
    }
    keep_reason(cached->trouble, &reason);
    source->validators = (struct validators){0};
    source_failed(source, 0, false);
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

    if (source->denied) /* then; the ledger is asked each time */
        source->trouble[0] = '\0';
    source->denied = false;
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
