/* Counts the lines of a record, by feed: see record_summary.h. */
#include "policy/tool/record_summary.h"

#include "netbroker/text.h"
#include "policy/tool/histogram.h"
#include "policy/tool/json.h"
#include "policy/tool/record.h"
#include "policy/tool/wrap.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A broker that was taken over may make up names. */
#define FEEDS_MAX 1024

struct feed_count {
    char *feed; /* its name; NULL for all the feeds beyond FEEDS_MAX */
    uint64_t outcomes[OUTCOMES];
    uint64_t bytes;
    double bits;
    struct histogram ms; /* of the answers */
};

struct summary {
    char *first, *last; /* the times of the first and the last line, or NULL */
    uint64_t lines, malformed;
    size_t count;
    struct feed_count *feeds[FEEDS_MAX + 1]; /* in the order of their first lines */
};

static char *copy(const char *string)
{
    char *same = strdup(string);

    if (!same)
        err(1, "no memory for a summary");
    return same;
}

static struct feed_count *new_feed(struct summary *summary, const char *name)
{
    struct feed_count *feed = calloc(1, sizeof(*feed));

    if (!feed)
        err(1, "no memory for a summary");
    feed->feed = name ? copy(name) : NULL;
    summary->feeds[summary->count++] = feed;
    return feed;
}

static struct feed_count *find_feed(struct summary *summary, const char *name)
{
    for (size_t i = 0; i < summary->count; i++)
        if (!summary->feeds[i]->feed || strcmp(summary->feeds[i]->feed, name) == 0)
            return summary->feeds[i];
    return new_feed(summary, summary->count < FEEDS_MAX ? name : NULL);
}

static void count(struct summary *summary, const struct record_line *line)
{
    struct feed_count *feed = find_feed(summary, line->feed);

    feed->outcomes[line->outcome]++;
    feed->bytes += line->bytes;
    feed->bits += line->bits;
    if (line->outcome == ANSWERED)
        histogram_add(&feed->ms, line->ms);
    if (!summary->first)
        summary->first = copy(line->time);
    free(summary->last);
    summary->last = copy(line->time);
}

static struct summary count_lines(const char *path)
{
    FILE *file = fopen(path, "re");
    struct summary summary = {0};
    enum record_read read;
    struct record_line line;
    const char *fault;

    if (!file)
        err(1, "cannot open the record %s", path);
    while ((read = record_read(file, &line, &fault)) != RECORD_END) {
        summary.lines++;
        if (read == RECORD_LINE) {
            count(&summary, &line);
            record_line_free(&line);
            continue;
        }
        summary.malformed++;
        warnx("%s, line %" PRIu64 ": %s", path, summary.lines, fault);
    }
    if (ferror(file))
        err(1, "cannot read the record %s", path);
    fclose(file);
    return summary;
}

/* A name as a terminal may show it. */
static void print_name(struct wrap *row, const char *name)
{
    struct text clean = TEXT_EMPTY;

    text_printf(&clean, "%s", name);
    for (char *c = clean.data; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    wrap_long(row, clean.data);
}

static void print_counts(const struct feed_count *feed)
{
    struct wrap row = wrap_begin("questions");

    for (enum outcome i = ANSWERED; i < OUTCOMES; i++)
        wrap_print(&row, "%" PRIu64 " %s%s", feed->outcomes[i], outcome_names[i],
                   i + 1 < OUTCOMES ? "," : "");
    wrap_end(&row);
    row = wrap_begin("sent");
    wrap_print(&row, "%" PRIu64 " request%s,", feed->outcomes[ASKED],
               feed->outcomes[ASKED] == 1 ? "" : "s");
    wrap_print(&row, "%.3f bits", feed->bits);
    wrap_end(&row);
    row = wrap_begin("answers");
    wrap_print(&row, "%" PRIu64 " bytes,", feed->bytes);
    wrap_print(&row, "%" PRIu64 " ms in the median,", histogram_median(&feed->ms));
    wrap_print(&row, "%" PRIu64 " ms at most", feed->ms.largest);
    wrap_end(&row);
}

static void print_feed(const struct feed_count *feed)
{
    struct wrap row = wrap_begin("feed");

    if (feed->feed)
        print_name(&row, feed->feed);
    else
        wrap_words(&row, "(all others)");
    wrap_end(&row);
    print_counts(feed);
    putchar('\n');
}

static void print_words(const struct summary *summary)
{
    struct wrap row;

    for (size_t i = 0; i < summary->count; i++)
        print_feed(summary->feeds[i]);
    row = wrap_begin("record");
    wrap_print(&row, "%" PRIu64 " lines,", summary->lines);
    wrap_print(&row, "%" PRIu64 " of them malformed", summary->malformed);
    wrap_end(&row);
    if (!summary->first)
        return;
    row = wrap_begin("from");
    print_name(&row, summary->first);
    wrap_words(&row, "to");
    print_name(&row, summary->last);
    wrap_end(&row);
}

static struct json_object *json_feed(const struct feed_count *feed)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "feed", feed->feed ? json_object_new_string(feed->feed) : NULL);
    for (enum outcome i = ASKED; i < OUTCOMES; i++)
        json_object_object_add(object, outcome_names[i], json_object_new_uint64(feed->outcomes[i]));
    json_object_object_add(object, "bits", json_object_new_double(feed->bits));
    json_object_object_add(object, "bytes", json_object_new_uint64(feed->bytes));
    json_object_object_add(object, "median_ms",
                           json_object_new_uint64(histogram_median(&feed->ms)));
    json_object_object_add(object, "largest_ms", json_object_new_uint64(feed->ms.largest));
    return object;
}

static void print_json(const struct summary *summary)
{
    struct json_object *object = json_object_new_object(), *feeds = json_object_new_array();

    for (size_t i = 0; i < summary->count; i++)
        json_object_array_add(feeds, json_feed(summary->feeds[i]));
    json_object_object_add(object, "feeds", feeds);
    json_object_object_add(object, "lines", json_object_new_uint64(summary->lines));
    json_object_object_add(object, "malformed", json_object_new_uint64(summary->malformed));
    json_print(object);
}

static void free_summary(struct summary *summary)
{
    for (size_t i = 0; i < summary->count; i++) {
        free(summary->feeds[i]->feed);
        free(summary->feeds[i]);
    }
    free(summary->first);
    free(summary->last);
}

bool record_summary(const char *path, bool as_json)
{
    struct summary summary = count_lines(path);
    const bool fine = summary.malformed == 0;

    if (as_json)
        print_json(&summary);
    else
        print_words(&summary);
    free_summary(&summary);
    return fine;
}
