/*
 * EROFS, read in place: nothing is copied, and nothing outside the image is ever touched, whatever
 * stands in it. It needs neither memory nor the rest of the kernel. What of the format is not here,
 * compression above all, is refused.
 */
#ifndef LINUX_EROFS_H
#define LINUX_EROFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EROFS_BLOCK 4096u

struct erofs {
    const uint8_t *bytes; /* on a page boundary */
    uint64_t size;
    uint64_t meta;       /* offset of inode 0 */
    uint64_t shared;     /* offset of attributes that inodes share */
    uint64_t build_time; /* of compact inodes, which have no time of their own */
    uint32_t build_time_nsec;
    uint64_t root; /* nid, which is the number of an inode */
    uint64_t blocks;
};

struct erofs_inode {
    const struct erofs *fs;
    uint64_t nid, size;
    int64_t mtime;                                    /* negative before 1970 */
    uint32_t mtime_nsec, links, mode, uid, gid, rdev; /* as makedev(3) of the kernel encodes it */
    uint32_t layout;
    uint32_t chunk_format;
    uint64_t data;       /* offset of the blocks */
    uint64_t attributes; /* offset behind the inode */
    uint64_t tail;       /* offset behind inode and attributes: an inline tail, or the chunks */
    uint32_t attribute_bytes;
};

/* `length` bytes of the image, or NULL where it has none. */
const void *erofs_at(const struct erofs *fs, uint64_t offset, uint64_t length);

/* Looks at the superblock: NULL, or why the image is refused. */
const char *erofs_open(struct erofs *fs, const void *bytes, uint64_t size);

/* An image that is nothing but the bytes of one file; behind its end, up to a block, there are
 * zeros. */
void erofs_flat(struct erofs *fs, const void *bytes, uint64_t size, struct erofs_inode *file);

/* All of these return 0, or -EUCLEAN where the image contradicts itself or ends too early, or
 * -EOPNOTSUPP where it uses what is not read here. */
int erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *inode);

/*
 * A block of a file: where its bytes are, and how many; fewer than EROFS_BLOCK at the end of a file
 * only. *bytes is NULL in a hole. A whole block that is mapped in place may hold other bytes behind
 * the end of the file: *whole says that it is one.
 */
int erofs_block(const struct erofs_inode *inode, uint64_t index, const uint8_t **bytes,
                size_t *length, bool *whole);

struct erofs_entry {
    uint64_t nid;
    const char *name; /* in the image, without a NUL */
    size_t length;
    unsigned type; /* DT_* */
};

/* -ENOENT where the directory has no such name. */
int erofs_lookup(const struct erofs_inode *directory, const char *name, size_t length,
                 struct erofs_entry *entry);

/*
 * The entry at *position, or the first one after it, and the position behind it: 1, or 0 at the
 * end. Positions start at 0 and are below (number of blocks) * EROFS_ENTRIES_MAX.
 */
#define EROFS_ENTRIES_MAX 512u
int erofs_next(const struct erofs_inode *directory, uint64_t *position, struct erofs_entry *entry);

#define EROFS_CAPABILITY "security.capability"

/* An extended attribute: of user.*, or EROFS_CAPABILITY. */
struct erofs_attribute {
    const char *prefix; /* with its dot, and a NUL */
    const char *name;   /* behind it; in the image, without a NUL */
    size_t length;
    const uint8_t *value; /* in the image */
    size_t size;
};

/* The attribute at *position, which starts at 0, or the first one after it, and the position behind
 * it: 1, or 0 at the end. All others are passed over. */
int erofs_next_attribute(const struct erofs_inode *inode, uint64_t *position,
                         struct erofs_attribute *attribute);
/* Whether this is its whole name. */
bool erofs_attribute_is(const struct erofs_attribute *attribute, const char *name);

#endif
