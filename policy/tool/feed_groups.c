/* Reads feeds files by the broker's own parser, so that what is shown is what the broker does. */
#include "policy/tool/feed_groups.h"

#include "netbroker/text.h"
#include "policy/tool/parse.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct feeds read_feeds(const char *path)
{
    char *json = allocate(FEEDS_FILE_MAX + 1, 1);
    struct text fault = TEXT_EMPTY;
    struct feeds feeds;
    FILE *file = fopen(path, "re");

    if (!file)
        err(1, "cannot open the feeds file %s", path);
    size_t length = fread(json, 1, FEEDS_FILE_MAX + 1, file);
    if (ferror(file))
        err(1, "cannot read the feeds file %s", path);
    if (length > FEEDS_FILE_MAX)
        errx(1, "the feeds file %s is larger than %d bytes", path, FEEDS_FILE_MAX);
    if (!feeds_read(json, length, &feeds, &fault))
        errx(1, "the feeds file %s, %s", path, fault.data);
    fclose(file);
    free(json);
    return feeds;
}

static void add(struct feed_groups *groups, const struct feed *feed)
{
    struct feed_group *group = &groups->group[feed->entry];

    if (!group->feed)
        group->feed = allocate(groups->feeds.count, sizeof(const struct feed *));
    group->feed[group->count++] = feed;
    if (feed->entry >= groups->count)
        groups->count = feed->entry + 1;
}

struct feed_groups feed_groups_read(const char *path)
{
    struct feed_groups groups = {.feeds = read_feeds(path)};

    groups.hosts = hosts_of_feeds(&groups.feeds);
    /* each entry has a port */
    groups.group = allocate(groups.feeds.count + 1, sizeof(*groups.group));
    for (size_t i = 0; i < groups.feeds.count; i++)
        add(&groups, &groups.feeds.feed[i]);
    return groups;
}

/* A part of one port's string. */
struct span {
    const char *start;
    size_t length;
};

static bool all_equal(const struct span *spans, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (spans[i].length != spans[0].length ||
            memcmp(spans[i].start, spans[0].start, spans[0].length) != 0)
            return false;
    return true;
}

static bool is_boundary(char c)
{
    return strchr(" /?&=", c);
}

static bool all_longer(const struct span *spans, size_t count, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (spans[i].length <= length)
            return false;
    return true;
}

/* The length of what the spans begin with, up to a boundary. */
static size_t common_start(const struct span *spans, size_t count)
{
    size_t whole = 0;

    for (size_t length = 0; all_longer(spans, count, length); length++) {
        const char next = spans[0].start[length];

        for (size_t i = 1; i < count; i++)
            if (spans[i].start[length] != next)
                return whole;
        if (is_boundary(next))
            whole = length + 1;
    }
    return whole;
}

/* The length of what the spans end with, from a boundary on, without their first `start` bytes. */
static size_t common_end(const struct span *spans, size_t count, size_t start)
{
    size_t whole = 0;

    for (size_t length = 0; all_longer(spans, count, start + length); length++) {
        const char last = spans[0].start[spans[0].length - 1 - length];

        for (size_t i = 1; i < count; i++)
            if (spans[i].start[spans[i].length - 1 - length] != last)
                return whole;
        if (is_boundary(last))
            whole = length + 1;
    }
    return whole;
}

static void merge(const struct span *spans, size_t count, FILE *out)
{
    if (all_equal(spans, count)) {
        fwrite(spans[0].start, 1, spans[0].length, out);
        return;
    }
    size_t start = common_start(spans, count), end = common_end(spans, count, start);

    fwrite(spans[0].start, 1, start, out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%c%.*s", i ? '|' : '{', (int)(spans[i].length - start - end),
                spans[i].start + start);
    fprintf(out, "}%.*s", (int)end, spans[0].start + spans[0].length - end);
}

static size_t count_parameters(const char *text)
{
    size_t count = 1;

    for (; *text; text++)
        count += *text == '&';
    return count;
}

/* True if all strings have as many '&', so that their parameters can be merged one by one. */
static bool same_parameters(const char *const *texts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (count_parameters(texts[i]) != count_parameters(texts[0]))
            return false;
    return true;
}

char *feed_texts_merge(const char *const *texts, size_t count)
{
    const char *separator = same_parameters(texts, count) ? "&" : "";
    struct span part[count];
    char *merged = NULL;
    size_t length;
    bool more = true;
    FILE *out = open_memstream(&merged, &length);

    if (!out)
        err(1, "cannot show a feed");
    for (size_t i = 0; i < count; i++)
        part[i] = (struct span){texts[i], strcspn(texts[i], separator)};
    while (more) {
        merge(part, count, out);
        more = part[0].start[part[0].length] != '\0';
        if (more)
            fputc('&', out);
        for (size_t i = 0; more && i < count; i++) {
            part[i].start += part[i].length + 1;
            part[i].length = strcspn(part[i].start, separator);
        }
    }
    if (fclose(out) != 0)
        err(1, "cannot show a feed");
    return merged;
}

const char *feed_url_path(const char *url)
{
    return strchr(url + strlen("https://"), '/');
}
