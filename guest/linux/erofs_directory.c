/*
 * Directories of EROFS. A block starts with a table of its entries, the first of which says, by
 * where its name begins, how long the table is; then come the names. Names are sorted, over all the
 * blocks, so that one is found by bisection.
 */
#include "erofs.h"

#include "kernel.h"

#include <asm/errno.h>

struct dirent {
    uint64_t nid;
    uint16_t name;
    uint8_t type, reserved;
} __attribute__((packed));

#define NAME_LENGTH_MAX 255

struct block {
    const uint8_t *bytes;
    size_t length;
    unsigned count; /* of entries */
};

static uint64_t block_count(const struct erofs_inode *directory)
{
    return (directory->size + EROFS_BLOCK - 1) / EROFS_BLOCK;
}

static const struct dirent *dirent_of(const struct block *block, unsigned index)
{
    return (const struct dirent *)block->bytes + index;
}

static int read_block(const struct erofs_inode *directory, uint64_t index, struct block *block)
{
    bool whole;
    size_t table;
    int error = erofs_block(directory, index, &block->bytes, &block->length, &whole);

    if (error < 0)
        return error;
    if (!block->bytes || block->length < sizeof(struct dirent))
        return -EUCLEAN;
    table = dirent_of(block, 0)->name;
    if (table < sizeof(struct dirent) || table > block->length)
        return -EUCLEAN;
    block->count = table / sizeof(struct dirent);
    return 0;
}

static int read_entry(const struct block *block, unsigned index, struct erofs_entry *entry)
{
    /* FIFO, character device, directory… as DT_* has them: 1 and 8 are regular files */
    static const uint8_t types[] = {0, 8, 4, 2, 6, 1, 12, 10};
    const struct dirent *dirent = dirent_of(block, index);
    size_t end = index + 1 < block->count ? dirent[1].name : block->length;
    const void *nul;

    if (dirent->name >= end || end > block->length)
        return -EUCLEAN;
    entry->nid = dirent->nid;
    entry->name = (const char *)block->bytes + dirent->name;
    entry->length = end - dirent->name;
    entry->type = dirent->type < ARRAY_SIZE(types) ? types[dirent->type] : 0;
    nul = memchr(entry->name, 0, entry->length);
    if (nul) /* the last name may be padded */
        entry->length = (size_t)((const char *)nul - entry->name);
    if (entry->length == 0 || entry->length > NAME_LENGTH_MAX ||
        memchr(entry->name, '/', entry->length))
        return -EUCLEAN;
    return 0;
}

static int compare(const char *name, size_t length, const struct erofs_entry *entry)
{
    const size_t both = length < entry->length ? length : entry->length;
    const int difference = memcmp(name, entry->name, both);

    return difference ? difference : (length > entry->length) - (length < entry->length);
}

/* The last block whose first name is not behind the one that is looked for. */
static int find_block(const struct erofs_inode *directory, const char *name, size_t length,
                      struct block *block)
{
    uint64_t low = 0, high = block_count(directory);

    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        struct erofs_entry first;
        int error = read_block(directory, middle, block);

        if (error == 0)
            error = read_entry(block, 0, &first);
        if (error < 0)
            return error;
        if (compare(name, length, &first) < 0)
            high = middle;
        else
            low = middle;
    }
    return high == 0 ? -ENOENT : read_block(directory, low, block);
}

int erofs_lookup(const struct erofs_inode *directory, const char *name, size_t length,
                 struct erofs_entry *entry)
{
    struct block block;
    unsigned low = 0, high;
    int error = find_block(directory, name, length, &block);

    if (error < 0)
        return error;
    high = block.count;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        int difference;

        error = read_entry(&block, middle, entry);
        if (error < 0)
            return error;
        difference = compare(name, length, entry);
        if (difference == 0)
            return 0;
        if (difference < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -ENOENT;
}

int erofs_next(const struct erofs_inode *directory, uint64_t *position, struct erofs_entry *entry)
{
    uint64_t index = *position / EROFS_ENTRIES_MAX;
    unsigned which = *position % EROFS_ENTRIES_MAX;

    for (; index < block_count(directory); index++, which = 0) {
        struct block block;
        int error = read_block(directory, index, &block);

        if (error < 0)
            return error;
        if (which >= block.count)
            continue;
        error = read_entry(&block, which, entry);
        *position = index * EROFS_ENTRIES_MAX + which + 1;
        return error < 0 ? error : 1;
    }
    return 0;
}
