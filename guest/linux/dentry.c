/* Names, and the hash in which those of directories in memory are found. */
#include "dentry.h"

#include "kernel.h"
#include "memory.h"

/*
 * The hash grows by one bucket with each entry (linear hashing), so that no insertion ever takes
 * long and no table needs more than a page in a row.
 */
enum { SEGMENT = PAGE_SIZE / sizeof(struct dentry *), SEGMENTS = 512 };

static struct dentry **segments[SEGMENTS];
static uint32_t buckets, entries;

static struct dentry **bucket_at(uint32_t index)
{
    return &segments[index / SEGMENT][index % SEGMENT];
}

/* Buckets [0, buckets) are there; what would be in one that is not yet is in its lower half. */
static struct dentry **bucket_of(uint32_t hash)
{
    const uint32_t mask = (2u << (31 - __builtin_clz(buckets))) - 1;
    const uint32_t index = hash & mask;

    return bucket_at(index < buckets ? index : index & (mask >> 1));
}

/* Adds a bucket, and takes into it what is its own; without memory chains get longer. */
static void add_bucket(void)
{
    const uint32_t index = buckets;
    struct dentry **from, *dentry;

    if (index == SEGMENT * SEGMENTS)
        return;
    if (index % SEGMENT == 0 && !segments[index / SEGMENT]) {
        segments[index / SEGMENT] = page_alloc();
        if (!segments[index / SEGMENT])
            return;
    }
    if (index == 0) {
        buckets = 1;
        return;
    }
    from = bucket_of(index);
    buckets++;
    while ((dentry = *from)) {
        struct dentry **to = bucket_of(dentry->hash);

        if (to == bucket_at(index)) {
            *from = dentry->chain;
            dentry->chain = *to;
            *to = dentry;
        } else {
            from = &dentry->chain;
        }
    }
}

static uint32_t hash_of(const struct dentry *parent, const char *name, size_t length)
{
    uint64_t hash = (uintptr_t)parent >> 4;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)name[i]) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(hash >> 32);
}

struct dentry *dentry_hashed(const struct dentry *parent, const char *name, size_t length)
{
    const uint32_t hash = hash_of(parent, name, length);
    struct dentry *dentry = buckets ? *bucket_of(hash) : NULL;

    while (dentry && (dentry->hash != hash || dentry->parent != parent ||
                      dentry->length != length || memcmp(dentry->name, name, length) != 0))
        dentry = dentry->chain;
    return dentry;
}

int dentry_hash(struct dentry *dentry)
{
    struct dentry **bucket;

    if (entries >= buckets)
        add_bucket();
    if (buckets == 0)
        return -ENOMEM;
    dentry->hash = hash_of(dentry->parent, dentry->name, dentry->length);
    bucket = bucket_of(dentry->hash);
    dentry->chain = *bucket;
    *bucket = dentry;
    entries++;
    return 0;
}

void dentry_unhash(struct dentry *dentry)
{
    struct dentry **at = bucket_of(dentry->hash);

    while (*at != dentry)
        at = &(*at)->chain;
    *at = dentry->chain;
    entries--;
}

struct dentry *dentry_new(struct dentry *parent, struct super_block *super, const char *name,
                          size_t length, struct inode *inode)
{
    struct dentry *dentry = kzalloc(sizeof(*dentry) + length + 1);

    if (!dentry) {
        if (inode)
            inode_put(inode);
        return NULL;
    }
    dentry->parent = parent ? dentry_get(parent) : dentry;
    dentry->super = super;
    dentry->inode = inode;
    dentry->type = inode ? type_of_mode(inode->mode) : 0;
    dentry->references = 1;
    dentry->length = dentry->capacity = length;
    dentry->name = dentry->bytes;
    memcpy(dentry->bytes, name, length);
    return dentry;
}

int dentry_reserve(struct dentry *dentry, size_t length)
{
    char *name;

    if (length <= dentry->capacity)
        return 0;
    name = kmalloc(length + 1);
    if (!name)
        return -ENOMEM;
    memcpy(name, dentry->name, dentry->length + 1u);
    if (dentry->name != dentry->bytes)
        kfree(dentry->name);
    dentry->name = name;
    dentry->capacity = length;
    return 0;
}

void dentry_rename(struct dentry *dentry, struct dentry *parent, const char *name, size_t length)
{
    struct dentry *old = dentry->parent;

    memcpy(dentry->name, name, length);
    dentry->name[length] = '\0';
    dentry->length = length;
    dentry->parent = dentry_get(parent);
    dentry_put(old);
}

struct dentry *dentry_get(struct dentry *dentry)
{
    dentry->references++;
    return dentry;
}

void dentry_put(struct dentry *dentry)
{
    while (--dentry->references == 0) {
        struct dentry *parent = dentry->parent;

        if (dentry->inode)
            inode_put(dentry->inode);
        if (dentry->name != dentry->bytes)
            kfree(dentry->name);
        kfree(dentry);
        if (parent == dentry)
            break;
        dentry = parent;
    }
}

struct inode *dentry_inode(const struct dentry *dentry)
{
    return dentry->inode;
}

bool dentry_is_above(const struct dentry *above, const struct dentry *dentry)
{
    while (dentry != above && dentry->parent != dentry)
        dentry = dentry->parent;
    return dentry == above;
}

struct dentry *dentry_top(struct dentry *dentry)
{
    while (dentry->mounted)
        dentry = dentry->mounted->root;
    return dentry;
}

struct dentry *dentry_above(struct dentry *dentry)
{
    while (dentry == dentry->super->root && dentry->super->covers)
        dentry = dentry->super->covers;
    return dentry->parent;
}

/* Puts a piece of a path before what is already at `*start`. */
static int prepend(char *to, size_t *start, const char *piece, size_t length)
{
    if (*start < length)
        return -ENAMETOOLONG;
    *start -= length;
    memcpy(to + *start, piece, length);
    return 0;
}

/* From its end to its start, since that is the way in which parents lead. */
long dentry_path_from(struct dentry *root, struct dentry *dentry, char *to, size_t size)
{
    static const char deleted[] = " (deleted)";
    size_t start = size;
    int error = 0;

    if (dentry->deleted)
        error = prepend(to, &start, deleted, sizeof(deleted) - 1);
    if (dentry->parent == dentry && dentry != dentry->super->root) /* of no directory */
        error = error ? error : prepend(to, &start, dentry->name, dentry->length);
    while (!error && dentry != root && dentry_above(dentry) != dentry) {
        while (dentry == dentry->super->root)
            dentry = dentry->super->covers;
        error = prepend(to, &start, dentry->name, dentry->length);
        error = error ? error : prepend(to, &start, "/", 1);
        dentry = dentry->parent;
    }
    if (!error && start == size)
        error = prepend(to, &start, "/", 1);
    if (error)
        return error;
    memmove(to, to + start, size - start);
    return (long)(size - start);
}

long dentry_path(struct dentry *dentry, char *to, size_t size)
{
    return dentry_path_from(mounts[0]->root, dentry, to, size);
}
