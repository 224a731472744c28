/* Pages by their index in a file. */
#include "radix.h"

#include "memory.h"

#include <asm/errno.h>
#include <stddef.h>

#define BITS  6
#define SLOTS (1u << BITS)

struct node {
    void *slots[SLOTS];
};

/* How many indexes one slot of a node at this height is for; 0 stands for all that there are. */
static uint64_t slot_span(unsigned height)
{
    return 1ull << (BITS * (height - 1));
}

static bool holds(const struct radix *tree, uint64_t index)
{
    return tree->height * BITS >= 64 || index >> (tree->height * BITS) == 0;
}

static unsigned slot_of(uint64_t index, unsigned height)
{
    return index / slot_span(height) % SLOTS;
}

void *radix_get(const struct radix *tree, uint64_t index)
{
    void *at = tree->root;

    if (!holds(tree, index))
        return NULL;
    for (unsigned height = tree->height; height > 0 && at; height--)
        at = ((struct node *)at)->slots[slot_of(index, height)];
    return at;
}

/* Puts a root above the root until the index has a place. */
static int grow(struct radix *tree, uint64_t index)
{
    while (!holds(tree, index)) {
        if (tree->root) {
            struct node *node = kzalloc(sizeof(*node));

            if (!node)
                return -ENOMEM;
            node->slots[0] = tree->root;
            tree->root = node;
        }
        tree->height++;
    }
    return 0;
}

int radix_set(struct radix *tree, uint64_t index, void *page)
{
    void **at = &tree->root;

    if (page && grow(tree, index) < 0)
        return -ENOMEM;
    if (!holds(tree, index))
        return 0;
    for (unsigned height = tree->height; height > 0; height--) {
        if (!*at && !page)
            return 0;
        if (!*at)
            *at = kzalloc(sizeof(struct node));
        if (!*at)
            return -ENOMEM;
        at = &((struct node *)*at)->slots[slot_of(index, height)];
    }
    *at = page;
    return 0;
}

/* The same below a node whose first index is `base`. */
static uint64_t next_below(void *at, unsigned height, uint64_t base, uint64_t index)
{
    if (!at)
        return RADIX_NONE;
    if (height == 0)
        return base;
    for (unsigned slot = index > base ? slot_of(index, height) : 0; slot < SLOTS; slot++) {
        const uint64_t first = base + slot * slot_span(height);
        uint64_t found = next_below(((struct node *)at)->slots[slot], height - 1, first, index);

        if (found != RADIX_NONE)
            return found;
    }
    return RADIX_NONE;
}

uint64_t radix_next(const struct radix *tree, uint64_t index)
{
    return holds(tree, index) ? next_below(tree->root, tree->height, 0, index) : RADIX_NONE;
}

/* Empties what is below a slot, and frees a node that has nothing left. */
static uint64_t remove_below(void **at, unsigned height, uint64_t base, uint64_t first,
                             uint64_t last)
{
    struct node *node = *at;
    uint64_t removed = 0;
    bool empty = true;

    if (!node)
        return 0;
    if (height == 0) {
        page_release(*at);
        *at = NULL;
        return 1;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const uint64_t low = base + slot * slot_span(height), high = low + slot_span(height) - 1;

        if (low <= last && high >= first)
            removed += remove_below(&node->slots[slot], height - 1, low, first, last);
        empty &= !node->slots[slot];
    }
    if (empty) {
        kfree(node);
        *at = NULL;
    }
    return removed;
}

uint64_t radix_remove(struct radix *tree, uint64_t first, uint64_t last)
{
    uint64_t removed = tree->height == 0 && first > 0
                           ? 0
                           : remove_below(&tree->root, tree->height, 0, first, last);

    if (!tree->root)
        tree->height = 0;
    return removed;
}
