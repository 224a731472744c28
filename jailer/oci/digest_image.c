/* The digest of an EROFS image: see digest.h. The kernel in the guest reads images by the same code
 * (guest/linux/erofs.c), which touches nothing outside the image, whatever stands in it. */
#include "jailer/oci/digest.h"

#include "guest/linux/erofs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX (PATH_MAX / 2) /* of a tree whose paths are no longer than PATH_MAX */

static void check(int error, const char *what)
{
    if (error < 0)
        digest_fail("the image is damaged: %s: %s", what, strerror(-error));
}

static void add_bytes(struct digest *digest, const struct erofs_inode *inode)
{
    static const uint8_t zeros[EROFS_BLOCK];

    for (uint64_t index = 0; index * EROFS_BLOCK < inode->size; index++) {
        const uint8_t *bytes;
        size_t length;
        bool whole;

        check(erofs_block(inode, index, &bytes, &length, &whole), "a block of a file");
        digest_add(digest, bytes ? bytes : zeros, length);
    }
}

static void add_inode(struct digest *digest, const struct erofs_inode *inode, const char *name,
                      size_t length, unsigned depth);

static bool is_dots(const struct erofs_entry *entry)
{
    return entry->length <= 2 && memcmp(entry->name, "..", entry->length) == 0;
}

static void add_directory(struct digest *digest, const struct erofs_inode *directory,
                          unsigned depth)
{
    struct erofs_entry entry;
    uint64_t position = 0;
    int found;

    if (depth == DEPTH_MAX)
        digest_fail("the image is damaged: more than %d directories in each other", DEPTH_MAX);
    while ((found = erofs_next(directory, &position, &entry)) > 0) {
        struct erofs_inode inode;

        if (is_dots(&entry))
            continue;
        check(erofs_inode(directory->fs, entry.nid, &inode), "an inode");
        add_inode(digest, &inode, entry.name, entry.length, depth + 1);
    }
    check(found, "a directory");
    digest_leave(digest);
}

struct attributes {
    size_t count;
    struct erofs_attribute *list;
};

static int by_name(const void *a, const void *b)
{
    const struct erofs_attribute *one = a, *other = b;
    const size_t both = one->length < other->length ? one->length : other->length;
    int difference = strcmp(one->prefix, other->prefix);

    if (difference == 0)
        difference = memcmp(one->name, other->name, both);
    return difference ? difference : (one->length > other->length) - (one->length < other->length);
}

static struct attributes list_attributes(const struct erofs_inode *inode)
{
    struct attributes attributes = {.count = 0};
    struct erofs_attribute one;
    uint64_t position = 0;
    int found;

    while ((found = erofs_next_attribute(inode, &position, &one)) > 0) {
        attributes.list = reallocarray(attributes.list, attributes.count + 1, sizeof(one));
        if (!attributes.list)
            digest_fail_errno("cannot keep the attributes of a file");
        attributes.list[attributes.count++] = one;
    }
    check(found, "an attribute");
    if (attributes.count > 0)
        qsort(attributes.list, attributes.count, sizeof(one), by_name);
    return attributes;
}

static void add_attributes(struct digest *digest, const struct attributes *attributes)
{
    char name[XATTR_NAME_MAX + sizeof("security.")];

    for (size_t i = 0; i < attributes->count; i++) {
        const struct erofs_attribute *one = &attributes->list[i];

        snprintf(name, sizeof(name), "%s%.*s", one->prefix, (int)one->length, one->name);
        digest_attribute(digest, name, one->value, one->size);
    }
    free(attributes->list);
}

static void add_inode(struct digest *digest, const struct erofs_inode *inode, const char *name,
                      size_t length, unsigned depth)
{
    const struct attributes attributes = list_attributes(inode);

    digest_enter(digest, &(struct digest_entry){
                             .name = name,
                             .length = length,
                             .mode = inode->mode,
                             .uid = inode->uid,
                             .gid = inode->gid,
                             .device = inode->rdev,
                             .size = inode->size,
                             .mtime = inode->mtime,
                             .mtime_nsec = inode->mtime_nsec,
                             .attributes = attributes.count,
                         });
    add_attributes(digest, &attributes);
    if (S_ISDIR(inode->mode))
        add_directory(digest, inode, depth);
    else if (S_ISLNK(inode->mode) ||
             (S_ISREG(inode->mode) &&
              (inode->links == 1 || digest_first_name(digest, 0, inode->nid))))
        add_bytes(digest, inode);
}

void digest_image(const void *bytes, uint64_t size, uint8_t result[DIGEST_BYTES])
{
    struct erofs fs;
    struct erofs_inode root;
    struct digest digest;
    const char *why = erofs_open(&fs, bytes, size);

    if (why)
        digest_fail("the image is damaged: %s", why);
    check(erofs_inode(&fs, fs.root, &root), "the root");
    digest_begin(&digest);
    add_inode(&digest, &root, "", 0, 0);
    digest_end(&digest, result);
}
