/*
 * Extended attributes of EROFS. Behind an inode comes a header with a table of those that it shares
 * with others, which are numbers of units of 4 bytes in an area of the image; then come its own,
 * each on a multiple of 4.
 */
#include "erofs.h"

#include "kernel.h"

#include <asm/errno.h>

#define UNIT 4u

struct header {
    uint32_t filter;
    uint8_t shared_count, reserved[7];
} __attribute__((packed));

struct entry {
    uint8_t name_length, prefix;
    uint16_t value_size;
} __attribute__((packed));

_Static_assert(sizeof(struct header) == 12 && sizeof(struct entry) == 4, "as on disk");

/* Those at the start of a name that are read here, by entry.prefix. */
static const char *const prefixes[] = {[1] = "user.", [6] = "security."};

bool erofs_attribute_is(const struct erofs_attribute *attribute, const char *name)
{
    const size_t prefix = strlen(attribute->prefix), length = strlen(name);

    return length == prefix + attribute->length && memcmp(name, attribute->prefix, prefix) == 0 &&
           memcmp(name + prefix, attribute->name, attribute->length) == 0;
}

/* The entry at an offset, and how many bytes it has with its name and value: 1; 0 where it is of
 * no kind that is read. */
static int read_entry(const struct erofs *fs, uint64_t offset, struct erofs_attribute *attribute,
                      uint64_t *length)
{
    const struct entry *entry = erofs_at(fs, offset, sizeof(*entry));

    *length = sizeof(*entry);
    if (!entry)
        return -EUCLEAN;
    *length += entry->name_length + entry->value_size;
    if (!erofs_at(fs, offset, *length))
        return -EUCLEAN;
    if (entry->prefix >= ARRAY_SIZE(prefixes) || !prefixes[entry->prefix] ||
        entry->name_length == 0)
        return 0;
    *attribute = (struct erofs_attribute){
        .prefix = prefixes[entry->prefix],
        .name = (const char *)(entry + 1),
        .length = entry->name_length,
        .value = (const uint8_t *)(entry + 1) + entry->name_length,
        .size = entry->value_size,
    };
    if (memchr(attribute->name, 0, attribute->length))
        return -EUCLEAN;
    return entry->prefix == 1 || erofs_attribute_is(attribute, EROFS_CAPABILITY);
}

int erofs_next_attribute(const struct erofs_inode *inode, uint64_t *position,
                         struct erofs_attribute *attribute)
{
    const struct erofs *fs = inode->fs;
    const struct header *header;
    uint64_t shared_end;
    int found = 0;

    if (inode->attribute_bytes == 0)
        return 0;
    header = erofs_at(fs, inode->attributes, inode->attribute_bytes);
    if (!header)
        return -EUCLEAN;
    shared_end = sizeof(*header) + header->shared_count * (uint64_t)UNIT;
    if (shared_end > inode->attribute_bytes)
        return -EUCLEAN;
    if (*position == 0)
        *position = sizeof(*header);
    while (found == 0 && *position < inode->attribute_bytes) {
        const uint8_t *at = (const uint8_t *)header + *position;
        uint64_t length;

        if (*position < shared_end) {
            const uint64_t offset = fs->shared + *(const uint32_t *)at * (uint64_t)UNIT;

            found = read_entry(fs, offset, attribute, &length);
            *position += UNIT;
        } else {
            found = read_entry(fs, inode->attributes + *position, attribute, &length);
            if (found >= 0 && length > inode->attribute_bytes - *position)
                found = -EUCLEAN;
            *position += (length + UNIT - 1) & -(uint64_t)UNIT;
        }
    }
    return found;
}
