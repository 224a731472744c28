/* The files of the cache's directory, for cache.c and cache_files.c. */
#ifndef SPARKLER_OCI_CACHE_FILES_H
#define SPARKLER_OCI_CACHE_FILES_H

#include "jailer/oci/cache.h"

#define CACHE_DRAFT "making-" /* begins the name of what is not whole yet */

/* Whether the open file has a name. */
bool cache_is_linked(int fd);

/* Whether the open file is what has that name. */
bool cache_is_named(const struct cache *cache, int fd, const char *name);

/* Removes drafts that nobody makes. */
void cache_sweep(const struct cache *cache);

/* Removes images that are not in use, those first that were not used for longest, until what is
 * left has at most `bytes`. */
void cache_make_room(const struct cache *cache, uint64_t bytes);

#endif
