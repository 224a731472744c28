/*
 * A feeds file as the broker reads it (netbroker/feeds.h), with the ports of one entry of the file
 * together again.
 */
#ifndef SPARKLER_FEED_GROUPS_H
#define SPARKLER_FEED_GROUPS_H

#include "netbroker/feeds.h"
#include "netbroker/hosts.h"

/* The ports of one entry. They differ only in strings, by the entry's {words}. */
struct feed_group {
    size_t count;
    const struct feed **feed; /* ordered by port */
};

struct feed_groups {
    struct feeds feeds;
    struct hosts hosts;
    size_t count;
    struct feed_group *group; /* in the order of the file */
};

/* Reads a feeds file, for the life of the process. Ends the program by err(3) or errx(3), status 1,
 * with what the broker says of the file. */
struct feed_groups feed_groups_read(const char *path);

/*
 * Texts of several ports as one: what they have in common and, in braces and in their order, where
 * they differ: "weather for {Chennai|London}". Free it.
 */
char *feed_texts_merge(const char *const *texts, size_t count);

/* What follows the server in a url. */
const char *feed_url_path(const char *url);

#endif
