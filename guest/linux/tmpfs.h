/*
 * Files in memory, over a read-only image or over none. An inode that comes from the image keeps
 * what the image knows of it (`lower`): blocks show through where no page of its own is in the way;
 * a directory finds its entries there until the first change, before which all their names, and
 * only these, are copied (`populated`). So a name that is gone leaves nothing behind, a file that
 * is renamed takes its blocks along, inodes keep their numbers, and writing a byte copies a page.
 */
#ifndef LINUX_TMPFS_H
#define LINUX_TMPFS_H

#include "dentry.h"
#include "erofs.h"
#include "radix.h"

struct tmpfs_inode {
    struct inode inode;
    struct erofs_inode lower; /* lower.fs is NULL: none */
    uint64_t lower_size;      /* how much of the lower file shows; truncation lets it sink */
    bool shared;              /* one of several names of the image led here */
    unsigned seals;           /* F_SEAL_* of fcntl(2) */
    union {
        struct {
            struct radix pages;
            uint64_t page_count;
        } file;
        struct {
            struct dentry *first, *last; /* of those that are in memory, by position if populated */
            uint64_t next_position;
            struct dentry *cursor;    /* where the last reader stopped: */
            uint64_t cursor_position; /* it has all that stands before this */
            bool populated;
        } directory;
        char *target; /* of a symbolic link without a lower one */
    };
};

static inline struct tmpfs_inode *tmpfs_of(struct inode *inode)
{
    return (struct tmpfs_inode *)inode;
}

/* A file system whose root is the directory of an image, or empty (NULL). NULL when memory is full.
 */
struct super_block *tmpfs_new(const char *type, const struct erofs_inode *root);

/* A new inode, with one reference: of a mode; a symbolic link; of an inode of an image. NULL when
 * memory is full. */
struct inode *tmpfs_inode(struct super_block *super, uint32_t mode);
struct inode *tmpfs_link_inode(struct super_block *super, const char *target, size_t length);
struct inode *tmpfs_inode_of(struct super_block *super, const struct erofs_inode *lower);

/* The inode of an image by its nid, which is the same one for all names that it has there. */
int tmpfs_load(struct super_block *super, const struct erofs *fs, uint64_t nid,
               struct inode **inode);
uint64_t tmpfs_number(uint64_t nid);    /* st_ino */
void tmpfs_unlink(struct inode *inode); /* one link less; no directory's */

/* Puts a name for an inode into a directory that has none of this name. Takes the inode's
 * reference, also on failure. */
int tmpfs_add(struct dentry *directory, const char *name, size_t length, struct inode *inode,
              struct dentry **entry);
/* Takes it out again. A directory has to be empty. */
int tmpfs_remove(struct dentry *entry);
int tmpfs_is_empty(struct dentry *directory); /* 1, 0, or an error */
/* Moves `from` to a name of a directory, in the place of `over` if that is not NULL. */
int tmpfs_rename(struct dentry *from, struct dentry *directory, const char *name, size_t length,
                 struct dentry *over);
int tmpfs_exchange(struct dentry *a, struct dentry *b);

int tmpfs_truncate(struct inode *inode, uint64_t size);
/* Of fallocate(2): pages for a range, or none for it. */
int tmpfs_allocate(struct inode *inode, uint64_t first, uint64_t last);
int tmpfs_punch(struct inode *inode, uint64_t from, uint64_t to);
/* Where data, or a hole, begins at or after a position that is within the file. */
uint64_t tmpfs_seek(struct inode *inode, uint64_t position, bool hole);
uint64_t tmpfs_blocks(struct inode *inode); /* of 512 bytes, as stat(2) counts */

/* Of directories and regular files (tmpfs_directory.c, tmpfs_file.c), and of what has other
 * contents. */
extern const struct inode_operations tmpfs_directory_inode, tmpfs_file_inode, tmpfs_other_inode;
extern const struct file_operations tmpfs_directory, tmpfs_file;
int tmpfs_attribute(struct inode *inode, uint64_t *position, struct erofs_attribute *attribute);
void tmpfs_drop_pages(struct tmpfs_inode *node);
void tmpfs_evict(struct inode *inode);

#endif
