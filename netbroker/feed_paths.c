/* Feeds as files: see files.h. */
#include "feed_paths.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True if both are one file, or one is a directory on the way to the other. */
static bool collide(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return (*a == '\0' && (*b == '\0' || *b == '/')) || (*b == '\0' && *a == '/');
}

static bool is_taken(const struct feeds *feeds, const char *path)
{
    for (size_t i = 0; i < feeds->count; i++)
        if (feeds->feed[i].file != NULL && collide(feeds->feed[i].file, path))
            return true;
    return false;
}

/* A path made of the feed's name; with its port, if another feed has that path. */
static char *default_path(const struct feeds *feeds, const struct feed *feed)
{
    char *path = NULL;

    for (int with_port = 0; with_port < 2; with_port++) {
        free(path);
        if (asprintf(&path, with_port ? "%s_0x%x" : "%s", feed->name, feed->port) < 0)
            err(1, "cannot read the feeds file");
        for (char *c = path; *c != '\0'; c++)
            if (*c <= ' ' || *c > '~' || *c == '/' || (c == path && *c == '.'))
                *c = '_';
        if (!is_taken(feeds, path))
            break;
    }
    return path;
}

void feed_paths_set_defaults(struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++)
        if (feeds->feed[i].file == NULL)
            feeds->feed[i].file = default_path(feeds, &feeds->feed[i]);
}

bool feed_paths_fit(const struct feeds *feeds, struct text *expected)
{
    size_t length = 0;

    for (size_t i = 0; i < feeds->count; i++) {
        const struct feed *feed = &feeds->feed[i];

        length += strlen("0x101 \n") + strlen(feed->file);
        for (size_t j = 0; j < i; j++)
            if (collide(feed->file, feeds->feed[j].file)) {
                text_printf(expected, "\"%s\" (port 0x%x) and \"%s\" (port 0x%x) to fit together",
                            feeds->feed[j].file, feeds->feed[j].port, feed->file, feed->port);
                return false;
            }
    }
    if (length < WIRE_TEXT_MAX)
        return true;
    text_printf(expected, "shorter paths: their list is %zu bytes, and only %u fit", length,
                WIRE_TEXT_MAX - 1);
    return false;
}

void feed_paths_list(const struct feeds *feeds, struct text *text)
{
    for (size_t i = 0; i < feeds->count; i++)
        text->length +=
            (size_t)snprintf(text->data + text->length, sizeof(text->data) - text->length,
                             "0x%x %s\n", feeds->feed[i].port, feeds->feed[i].file);
}
