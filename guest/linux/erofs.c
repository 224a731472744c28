/*
 * EROFS: the superblock, inodes, and where the data of a file stand. Every offset is checked
 * against the image by erofs_at(), so that whoever wants bytes of it goes through there.
 */
#include "erofs.h"

#include <asm/errno.h>
#include <linux/stat.h>

#define SUPERBLOCK_OFFSET 1024u
#define MAGIC             0xe0f5e1e2u

/* Files in chunks are all that is read beyond the first version; LZ4_0PADDING, 1, means
 * compression. */
#define FEATURE_CHUNKED 4u

enum layout { PLAIN = 0, INLINE = 2, CHUNKED = 4 };

#define CHUNK_BITS    0x1fu
#define CHUNK_INDEXES 0x20u
#define CHUNK_HOLE    UINT32_MAX

struct superblock {
    uint32_t magic, checksum, feature_compat;
    uint8_t block_bits, extension_slots;
    uint16_t root_nid;
    uint64_t inodes, build_time;
    uint32_t build_time_nsec, blocks, meta_block, xattr_block;
    uint8_t uuid[16], volume[16];
    uint32_t feature_incompat;
    uint16_t compression, extra_devices, device_slot;
    uint8_t directory_block_bits, reserved[37];
} __attribute__((packed));

struct compact_inode {
    uint16_t format, xattr_count, mode, links;
    uint32_t size, reserved, location, number;
    uint16_t uid, gid;
    uint32_t reserved2;
} __attribute__((packed));

struct extended_inode {
    uint16_t format, xattr_count, mode, reserved;
    uint64_t size;
    uint32_t location, number, uid, gid;
    uint64_t mtime;
    uint32_t mtime_nsec, links;
    uint8_t reserved2[16];
} __attribute__((packed));

struct chunk_index {
    uint16_t advice, device;
    uint32_t block;
} __attribute__((packed));

_Static_assert(sizeof(struct superblock) == 128, "as on disk");
_Static_assert(sizeof(struct compact_inode) == 32, "as on disk");
_Static_assert(sizeof(struct extended_inode) == 64, "as on disk");

const void *erofs_at(const struct erofs *fs, uint64_t offset, uint64_t length)
{
    return offset <= fs->size && length <= fs->size - offset ? fs->bytes + offset : NULL;
}

const char *erofs_open(struct erofs *fs, const void *bytes, uint64_t size)
{
    const struct superblock *super;
    struct erofs_inode root;

    *fs = (struct erofs){.bytes = bytes, .size = size};
    super = erofs_at(fs, SUPERBLOCK_OFFSET, sizeof(*super));
    if (!super || super->magic != MAGIC)
        return "it is not an EROFS image; mkfs.erofs makes one of a directory";
    if (super->block_bits != 12 || super->directory_block_bits != 0)
        return "its blocks are not of 4096 bytes";
    if (super->feature_incompat & ~FEATURE_CHUNKED || super->extra_devices != 0)
        return "it is compressed or uses other features that are not supported; "
               "mkfs.erofs without -z makes one that is read";
    if ((uint64_t)super->blocks * EROFS_BLOCK > size)
        return "it is truncated";
    fs->blocks = super->blocks;
    fs->size = fs->blocks * EROFS_BLOCK; /* what lies behind is no part of it */
    fs->meta = (uint64_t)super->meta_block * EROFS_BLOCK;
    fs->shared = (uint64_t)super->xattr_block * EROFS_BLOCK;
    fs->build_time = super->build_time;
    fs->build_time_nsec = super->build_time_nsec;
    fs->root = super->root_nid;
    if (erofs_inode(fs, fs->root, &root) < 0 || !S_ISDIR(root.mode))
        return "its root is not a directory";
    return NULL;
}

void erofs_flat(struct erofs *fs, const void *bytes, uint64_t size, struct erofs_inode *file)
{
    const uint64_t blocks = size / EROFS_BLOCK + (size % EROFS_BLOCK > 0);

    *fs = (struct erofs){.bytes = bytes, .size = blocks * EROFS_BLOCK, .blocks = blocks};
    *file = (struct erofs_inode){.fs = fs, .size = size, .mode = S_IFREG | 0444, .links = 1};
}

static void read_compact(const struct erofs *fs, const struct compact_inode *from,
                         struct erofs_inode *to)
{
    to->mode = from->mode;
    to->links = from->links;
    to->size = from->size;
    to->uid = from->uid;
    to->gid = from->gid;
    to->mtime = (int64_t)fs->build_time;
    to->mtime_nsec = fs->build_time_nsec;
    to->rdev = from->location;
}

static void read_extended(const struct extended_inode *from, struct erofs_inode *to)
{
    to->mode = from->mode;
    to->links = from->links;
    to->size = from->size;
    to->uid = from->uid;
    to->gid = from->gid;
    to->mtime = (int64_t)from->mtime;
    to->mtime_nsec = from->mtime_nsec;
    to->rdev = from->location;
}

/* Blocks that stand in a row, from `location` on; an inline layout keeps its last one elsewhere. */
static int find_blocks(struct erofs_inode *inode, uint32_t location)
{
    uint64_t blocks = inode->size / EROFS_BLOCK;
    uint64_t rest = inode->size % EROFS_BLOCK;

    if (inode->layout == INLINE) {
        if (inode->size > 0 && (rest == 0 || rest > EROFS_BLOCK - inode->tail % EROFS_BLOCK ||
                                !erofs_at(inode->fs, inode->tail, rest)))
            return -EUCLEAN;
    } else {
        blocks += rest > 0;
    }
    inode->data = (uint64_t)location * EROFS_BLOCK;
    if (blocks > inode->fs->blocks ||
        (blocks > 0 && !erofs_at(inode->fs, inode->data, blocks * EROFS_BLOCK)))
        return -EUCLEAN;
    return 0;
}

/* Chunks have a table behind the inode, by numbers of blocks or with more about each. */
static int find_chunks(struct erofs_inode *inode, uint32_t format)
{
    const uint64_t entry = format & CHUNK_INDEXES ? sizeof(struct chunk_index) : sizeof(uint32_t);
    const unsigned bits = 12 + (format & CHUNK_BITS);
    const uint64_t chunks = (inode->size >> bits) + !!(inode->size & ((1ull << bits) - 1));

    if (format & ~(CHUNK_BITS | CHUNK_INDEXES))
        return -EOPNOTSUPP;
    inode->chunk_format = format;
    inode->tail = (inode->tail + entry - 1) & -entry;
    if (!S_ISREG(inode->mode) || chunks > inode->fs->size / entry ||
        !erofs_at(inode->fs, inode->tail, chunks * entry))
        return -EUCLEAN;
    return 0;
}

int erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *inode)
{
    const uint64_t offset = fs->meta + nid * sizeof(struct compact_inode);
    const struct compact_inode *compact = NULL;
    uint64_t length = sizeof(*compact);

    if (nid <= fs->size / sizeof(*compact))
        compact = erofs_at(fs, offset, length);
    if (!compact)
        return -EUCLEAN;
    *inode = (struct erofs_inode){.fs = fs, .nid = nid};
    if (compact->format & 1) {
        length = sizeof(struct extended_inode);
        if (!erofs_at(fs, offset, length))
            return -EUCLEAN;
        read_extended(erofs_at(fs, offset, length), inode);
    } else {
        read_compact(fs, compact, inode);
    }
    inode->layout = compact->format >> 1;
    inode->attributes = offset + length;
    if (compact->xattr_count > 0) /* a header of 12 bytes, then units of 4 */
        inode->attribute_bytes = 12 + (compact->xattr_count - 1) * 4u;
    inode->tail = inode->attributes + inode->attribute_bytes;
    if (inode->size > INT64_MAX || inode->mtime_nsec >= 1000000000u)
        return -EUCLEAN;
    switch (inode->mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
        break;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        inode->size = 0;
        return 0;
    default:
        return -EUCLEAN;
    }
    inode->rdev = 0;
    switch (inode->layout) {
    case PLAIN:
    case INLINE:
        return find_blocks(inode, compact->location);
    case CHUNKED:
        return find_chunks(inode, (uint16_t)compact->location);
    default:
        return -EOPNOTSUPP;
    }
}

/* Which block of the image a block of a file in chunks is. */
static int chunk_block(const struct erofs_inode *inode, uint64_t index, uint64_t *block)
{
    const unsigned bits = inode->chunk_format & CHUNK_BITS;
    const uint64_t chunk = index >> bits;
    const uint8_t *table = inode->fs->bytes + inode->tail; /* checked by find_chunks() */
    uint32_t first;

    if (inode->chunk_format & CHUNK_INDEXES) {
        const struct chunk_index *entry = (const struct chunk_index *)table + chunk;

        if (entry->device != 0)
            return -EOPNOTSUPP;
        first = entry->block;
    } else {
        first = ((const uint32_t *)table)[chunk];
    }
    *block = first == CHUNK_HOLE ? CHUNK_HOLE : first + (index & ((1ull << bits) - 1));
    return 0;
}

int erofs_block(const struct erofs_inode *inode, uint64_t index, const uint8_t **bytes,
                size_t *length, bool *whole)
{
    const uint64_t last = inode->size / EROFS_BLOCK;
    uint64_t offset = inode->data + index * EROFS_BLOCK;

    *bytes = NULL;
    *length = index < last ? EROFS_BLOCK : index == last ? inode->size % EROFS_BLOCK : 0;
    *whole = *length > 0;
    if (*length == 0)
        return 0;
    if (inode->layout == CHUNKED) {
        uint64_t block;
        int error = chunk_block(inode, index, &block);

        if (error < 0)
            return error;
        if (block == CHUNK_HOLE)
            return 0;
        offset = block * EROFS_BLOCK;
    } else if (inode->layout == INLINE && index == last) {
        offset = inode->tail;
        *whole = false;
    }
    *bytes = erofs_at(inode->fs, offset, *whole ? EROFS_BLOCK : *length);
    return *bytes ? 0 : -EUCLEAN;
}
