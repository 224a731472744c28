/* What is hashed of a tree: see digest.h. Every field has its length or comes before it, so that no
 * two trees yield the same bytes. */
#include "jailer/oci/digest.h"

#include <err.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* what an entry begins with */
enum mark { MARK_ENTRY = 1, MARK_LEAVE, MARK_FIRST_NAME, MARK_OTHER_NAME };

/* all that is known of an entry, without padding */
struct record {
    uint32_t mark, mode, uid, gid;
    uint64_t size, length, attributes;
    int64_t mtime;
    uint32_t mtime_nsec, device;
};
_Static_assert(sizeof(struct record) == 56, "no padding, which would be hashed");

/* a file with several names */
struct link {
    uint64_t device, number;
    uint32_t index;
};

void digest_fail(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vwarnx(format, values);
    va_end(values);
    _Exit(1);
}

void digest_fail_errno(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vwarn(format, values);
    va_end(values);
    _Exit(1);
}

static void add_mark(struct digest *digest, enum mark mark, uint32_t number)
{
    const uint32_t words[] = {mark, number};

    blake2b_add(&digest->hash, words, sizeof(words));
}

void digest_begin(struct digest *digest)
{
    *digest = (struct digest){.links = NULL};
    blake2b_begin(&digest->hash);
}

void digest_enter(struct digest *digest, const struct digest_entry *entry)
{
    struct record record = {
        .mark = MARK_ENTRY,
        .mode = entry->mode,
        .uid = entry->uid,
        .gid = entry->gid,
        .length = entry->length,
        .attributes = entry->attributes,
    };

    if (S_ISREG(entry->mode)) {
        record.mtime = entry->mtime;
        record.mtime_nsec = entry->mtime_nsec;
    }
    if (S_ISREG(entry->mode) || S_ISLNK(entry->mode))
        record.size = entry->size;
    if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode))
        record.device = entry->device;
    blake2b_add(&digest->hash, &record, sizeof(record));
    blake2b_add(&digest->hash, entry->name, entry->length);
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
    blake2b_add(&digest->hash, bytes, length);
}

void digest_attribute(struct digest *digest, const char *name, const void *value, size_t size)
{
    const uint64_t lengths[] = {strlen(name), size};

    blake2b_add(&digest->hash, lengths, sizeof(lengths));
    blake2b_add(&digest->hash, name, lengths[0]);
    blake2b_add(&digest->hash, value, size);
}

void digest_leave(struct digest *digest)
{
    add_mark(digest, MARK_LEAVE, 0);
}

static int compare_links(const void *a, const void *b)
{
    const struct link *one = a, *other = b;

    if (one->device != other->device)
        return one->device < other->device ? -1 : 1;
    return (one->number > other->number) - (one->number < other->number);
}

bool digest_first_name(struct digest *digest, uint64_t device, uint64_t number)
{
    struct link *link = malloc(sizeof(*link)), **found;

    if (link)
        *link = (struct link){.device = device, .number = number, .index = digest->link_count};
    found = link ? tsearch(link, &digest->links, compare_links) : NULL;
    if (!found)
        digest_fail_errno("cannot remember %u files with several names", digest->link_count);
    add_mark(digest, *found == link ? MARK_FIRST_NAME : MARK_OTHER_NAME, (*found)->index);
    if (*found == link) {
        digest->link_count++;
        return true;
    }
    free(link);
    return false;
}

void digest_end(struct digest *digest, uint8_t result[DIGEST_BYTES])
{
    blake2b_end(&digest->hash, result);
    while (digest->links) {
        struct link *link = *(struct link **)digest->links;

        tdelete(link, &digest->links, compare_links);
        free(link);
    }
}
