/*
 * Images that are kept, so that the second container of an image starts without packing: files of a
 * directory that only its user can reach, each named after what is in it. Any number of processes
 * may use it at once, and be killed at any moment: an image gets its name when it is whole, and
 * what is half-made is locked by its maker, or removed by the next who comes. An image in use is
 * locked, too (flock(2)): by who has opened it here and, since the jailer locks the images that it
 * opens, by each VM that maps it. When the cache has outgrown its limit, those go that were not
 * used for longest, and none in use.
 */
#ifndef SPARKLER_OCI_CACHE_H
#define SPARKLER_OCI_CACHE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CACHE_NAME_MAX      80
#define CACHE_LIMIT_DEFAULT (10ull << 30)

struct cache {
    char path[PATH_MAX];
    int directory;
    uint64_t limit; /* bytes; what is being made comes on top, twice */
};

/* An image that is being made. */
struct cache_draft {
    int fd;                         /* locked, empty at first */
    char name[CACHE_NAME_MAX + 16]; /* in the cache's directory */
};

/*
 * Opens the cache, making its directory if need be: $SPARKLER_OCI_CACHE, or root's
 * /var/cache/sparkler-oci, or a user's sparkler-oci below $XDG_CACHE_HOME or ~/.cache. Removes what
 * a killed process left half-made. Ends the program by fail() if it cannot be used.
 */
void cache_open(struct cache *cache);
void cache_close(struct cache *cache);

/* The image of that name, locked against its removal as long as the descriptor is open; -1 if there
 * is none. One that a crash of the machine has truncated counts as none, and is removed. */
int cache_find(const struct cache *cache, const char *name);

/* The path of an image or a draft. */
void cache_path(const struct cache *cache, const char *name, char path[PATH_MAX]);

/*
 * Starts to make the image of that name; others that want it wait. Returns -1 with the draft to be
 * filled, or the descriptor of the image that somebody else has made meanwhile.
 */
int cache_begin(const struct cache *cache, const char *name, struct cache_draft *draft);

/* Gives the draft its name, which is another if its contents turned out to be, then makes room.
 * Returns the image's descriptor, as cache_find() does. */
int cache_keep(const struct cache *cache, struct cache_draft *draft, const char *name);

/* Prints what the cache holds to stdout. */
void cache_list(const struct cache *cache);

/* Removes every image that is not in use; says on stdout what went, and what could not. */
void cache_empty(const struct cache *cache);

/* Sets and keeps the limit, then makes room. */
void cache_limit(struct cache *cache, uint64_t limit);

#endif
