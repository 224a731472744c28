/* Names: what stands in directories, the hash in which it is found, and mounted file systems. */
#ifndef LINUX_DENTRY_H
#define LINUX_DENTRY_H

#include "vfs.h"

/*
 * A name in a directory. It holds its parent and its inode. A directory in memory holds its entries
 * (tmpfs.c), until they are unlinked; those of /proc live as long as somebody uses them.
 */
struct dentry {
    struct dentry *parent; /* itself: the root of a file system, or a file without a name */
    struct inode *inode;   /* NULL: still in the image only, as `nid` */
    struct super_block *super;
    struct super_block *mounted; /* a file system that covers it */
    unsigned references;
    bool deleted;             /* its directory has it no longer, or never had it */
    uint8_t type;             /* DT_* */
    uint8_t length, capacity; /* of the name */
    uint32_t hash;
    uint64_t nid;
    uint64_t position;              /* in its directory */
    struct dentry *next, *previous; /* in its directory, by position */
    struct dentry *chain;           /* in its bucket of the hash */
    char *name;                     /* behind the dentry, or its own after a rename */
    char bytes[];
};

struct super_block {
    const char *type;      /* for /proc/mounts */
    uint64_t magic;        /* of statfs(2) */
    struct dentry *root;   /* referenced */
    struct dentry *covers; /* what it is mounted on; NULL for the root */
    bool read_only;
    unsigned device; /* st_dev */
    uint64_t pages, pages_max, inodes;
};

enum { NAME_LENGTH_MAX = 255 };

/* A dentry with one reference, that is linked nowhere. Takes a reference of its own to the parent
 * (NULL: it is its own) and, where there is one, the inode's from the caller, also on failure. */
struct dentry *dentry_new(struct dentry *parent, struct super_block *super, const char *name,
                          size_t length, struct inode *inode);

/* Of a dentry that is not hashed: room for a longer name, which may fail; then the new name. */
int dentry_reserve(struct dentry *dentry, size_t length);
void dentry_rename(struct dentry *dentry, struct dentry *parent, const char *name, size_t length);

/* The hash of what directories in memory hold. */
struct dentry *dentry_hashed(const struct dentry *parent, const char *name, size_t length);
int dentry_hash(struct dentry *dentry);
void dentry_unhash(struct dentry *dentry);

/* Whether one is the other or stands above it. */
bool dentry_is_above(const struct dentry *above, const struct dentry *dentry);

/* The path as seen from a root. */
long dentry_path_from(struct dentry *root, struct dentry *dentry, char *to, size_t size);

/* All file systems, in the order in which they were mounted. */
enum { MOUNTS_MAX = 64 };
extern struct super_block *mounts[MOUNTS_MAX];

void super_init(struct super_block *super, const char *type, uint64_t magic);
void super_mount(struct super_block *super, struct dentry *covers);

/* The top of what is mounted on a dentry, and the dentry that is above one, over mounts. Neither
 * counts a reference. */
struct dentry *dentry_top(struct dentry *dentry);
struct dentry *dentry_above(struct dentry *dentry);

/* An inode with one reference, one link and the time as it is. NULL when memory is full. */
void inode_init(struct inode *inode, struct super_block *super, uint32_t mode);
struct timestamp timestamp_now(void);
void inode_touch(struct inode *inode, bool modified); /* changed, and perhaps modified, now */
void inode_access(struct inode *inode);               /* as relatime has it */

/* Whether the inode's bytes may be written: they are not if the file system is read-only, except
 * where nothing is stored. */
static inline bool takes_writes(const struct inode *inode)
{
    return !inode->super->read_only ||
           (inode->file_operations && inode->file_operations->keeps_nothing);
}

unsigned type_of_mode(uint32_t mode); /* DT_* */

/* Numbers of devices as stat(2) encodes them. */
static inline uint64_t device_number(unsigned major, unsigned minor)
{
    return (minor & 0xffu) | (uint64_t)(major & 0xfffu) << 8 | (uint64_t)(minor & ~0xffu) << 12;
}

static inline unsigned device_major(uint64_t device)
{
    return device >> 8 & 0xfff;
}

static inline unsigned device_minor(uint64_t device)
{
    return (device & 0xff) | (device >> 12 & 0xfff00);
}

#endif
