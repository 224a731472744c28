/* Pages by their index in a file: a tree of nodes with 64 places, as high as the indexes need. */
#ifndef LINUX_RADIX_H
#define LINUX_RADIX_H

#include <stdbool.h>
#include <stdint.h>

struct radix {
    void *root;      /* at height 0 page 0 itself, above that a node */
    unsigned height; /* indexes are below 64^height */
};

#define RADIX_NONE UINT64_MAX

void *radix_get(const struct radix *tree, uint64_t index);
int radix_set(struct radix *tree, uint64_t index, void *page); /* -ENOMEM; NULL needs no memory */

/* The least index, not below this one, that has a page; RADIX_NONE if there is none. */
uint64_t radix_next(const struct radix *tree, uint64_t index);

/* Releases the pages (page_release) of first to last: how many there were. */
uint64_t radix_remove(struct radix *tree, uint64_t first, uint64_t last);

#endif
