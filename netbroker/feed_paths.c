/* The feeds' paths below /feeds: see feed_paths.h. */
#include "feed_paths.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True if the paths are equal, or one is a directory of the other. */
static bool collide(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return (*a == '\0' && (*b == '\0' || *b == '/')) || (*b == '\0' && *a == '/');
}

static bool is_taken(const struct feeds *feeds, const char *path)
{
    for (size_t i = 0; i < feeds->count; i++)
        if (feeds->feed[i].file && collide(feeds->feed[i].file, path))
            return true;
    return false;
}

static char *path_of_name(const struct feed *feed, bool with_port)
{
    char *path;

    if (asprintf(&path, with_port ? "%s_0x%x" : "%s", feed->name, feed->port) < 0)
        err(1, "cannot read the feeds file");
    for (char *c = path; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '/' || (c == path && *c == '.'))
            *c = '_';
    return path;
}

/* The feed's name as a path, followed by its port if another feed has that path. */
static char *default_path(const struct feeds *feeds, const struct feed *feed)
{
    char *path = path_of_name(feed, false);

    if (!is_taken(feeds, path))
        return path;
    free(path);
    return path_of_name(feed, true);
}

void feed_paths_set_defaults(struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++)
        if (!feeds->feed[i].file)
            feeds->feed[i].file = default_path(feeds, &feeds->feed[i]);
}

bool feed_paths_fit(const struct feeds *feeds, struct text *expected)
{
    size_t length = 0;

    for (size_t i = 0; i < feeds->count; i++) {
        const struct feed *feed = &feeds->feed[i];

        length += strlen("0x101? \n") + strlen(feed->file);
        for (size_t j = 0; j < i; j++)
            if (collide(feed->file, feeds->feed[j].file)) {
                text_printf(expected, "\"%s\" (port 0x%x) and \"%s\" (port 0x%x) not to collide",
                            feeds->feed[j].file, feeds->feed[j].port, feed->file, feed->port);
                return false;
            }
    }
    if (length < TEXT_MAX)
        return true;
    text_printf(expected, "shorter paths: their list is %zu bytes; only %u fit", length,
                TEXT_MAX - 1);
    return false;
}

void feed_paths_list(const struct feeds *feeds, struct text *text)
{
    for (size_t i = 0; i < feeds->count; i++)
        text->length += (size_t)snprintf(text->data + text->length, text->size - text->length,
                                         "0x%x%s %s\n", feeds->feed[i].port,
                                         feeds->feed[i].argument ? "?" : "", feeds->feed[i].file);
}
