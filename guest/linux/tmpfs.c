/* File systems in memory, and their inodes. */
#include "tmpfs.h"

#include "kernel.h"
#include "memory.h"

#include <linux/magic.h>

struct tmpfs_super {
    struct super_block super;
    struct radix shared; /* inodes of the image with several names, by nid; it holds them */
};

uint64_t tmpfs_number(uint64_t nid)
{
    return nid + 1;
}

static long link_read(struct inode *inode, char *to, size_t size)
{
    const struct tmpfs_inode *node = tmpfs_of(inode);
    const uint8_t *bytes = (const uint8_t *)node->target;
    size_t length = inode->size;
    bool whole;

    if (node->lower.fs) {
        int error = erofs_block(&node->lower, 0, &bytes, &length, &whole);

        if (error < 0)
            return error;
        if (!bytes || length < inode->size) /* longer than any path, or a hole */
            return -EUCLEAN;
    }
    length = length < size ? length : size;
    memcpy(to, bytes, length);
    inode_access(inode);
    return (long)length;
}

int tmpfs_attribute(struct inode *inode, uint64_t *position, struct erofs_attribute *attribute)
{
    const struct erofs_inode *lower = &tmpfs_of(inode)->lower;
    int found = 0;

    while (lower->fs && (found = erofs_next_attribute(lower, position, attribute)) > 0)
        if (!inode->powerless || !erofs_attribute_is(attribute, EROFS_CAPABILITY))
            return 1;
    return found;
}

static const struct inode_operations link_inode = {
    .readlink = link_read,
    .attribute = tmpfs_attribute,
    .evict = tmpfs_evict,
};

const struct inode_operations tmpfs_other_inode = {
    .attribute = tmpfs_attribute,
    .evict = tmpfs_evict,
};

void tmpfs_evict(struct inode *inode)
{
    struct tmpfs_inode *node = tmpfs_of(inode);

    if (S_ISREG(inode->mode))
        tmpfs_drop_pages(node);
    if (S_ISLNK(inode->mode))
        kfree(node->target);
    kfree(node);
}

struct inode *tmpfs_inode(struct super_block *super, uint32_t mode)
{
    struct tmpfs_inode *node = kzalloc(sizeof(*node));

    if (!node)
        return NULL;
    inode_init(&node->inode, super, mode);
    node->inode.operations = &tmpfs_other_inode;
    if (S_ISREG(mode)) {
        node->seals = F_SEAL_SEAL;
        node->inode.operations = &tmpfs_file_inode;
        node->inode.file_operations = &tmpfs_file;
    } else if (S_ISLNK(mode)) {
        node->inode.operations = &link_inode;
    } else if (S_ISDIR(mode)) {
        node->inode.operations = &tmpfs_directory_inode;
        node->inode.file_operations = &tmpfs_directory;
        node->inode.size = 40;
        node->directory.populated = true;
        node->directory.next_position = 2;
    }
    return &node->inode;
}

struct inode *tmpfs_link_inode(struct super_block *super, const char *target, size_t length)
{
    struct inode *inode = tmpfs_inode(super, S_IFLNK | 0777);
    char *copy = kmalloc(length + 1);

    if (!inode || !copy) {
        if (inode)
            inode_put(inode);
        kfree(copy);
        return NULL;
    }
    memcpy(copy, target, length);
    tmpfs_of(inode)->target = copy;
    inode->size = length;
    return inode;
}

struct inode *tmpfs_inode_of(struct super_block *super, const struct erofs_inode *lower)
{
    struct inode *inode = tmpfs_inode(super, lower->mode);
    struct tmpfs_inode *node = tmpfs_of(inode);

    if (!inode)
        return NULL;
    super->inodes--; /* it has a number already */
    node->lower = *lower;
    node->lower_size = lower->size;
    inode->number = tmpfs_number(lower->nid);
    inode->size = lower->size;
    inode->uid = lower->uid;
    inode->gid = lower->gid;
    inode->links = lower->links;
    /* as new_decode_dev() of Linux, into makedev(3)'s form, which the low 32 bits of are the same
     */
    inode->rdev = lower->rdev;
    inode->modified = (struct timestamp){lower->mtime, lower->mtime_nsec};
    inode->accessed = inode->changed = inode->born = inode->modified;
    if (S_ISDIR(inode->mode))
        node->directory.populated = false;
    return inode;
}

int tmpfs_load(struct super_block *super, const struct erofs *fs, uint64_t nid,
               struct inode **inode)
{
    struct radix *shared = &((struct tmpfs_super *)super)->shared;
    struct erofs_inode lower;
    int error = erofs_inode(fs, nid, &lower);
    bool share;

    if (error < 0)
        return error;
    share = lower.links > 1 && !S_ISDIR(lower.mode);
    *inode = share ? radix_get(shared, nid) : NULL;
    if (*inode) {
        inode_get(*inode);
        return 0;
    }
    *inode = tmpfs_inode_of(super, &lower);
    if (*inode && share) {
        if (radix_set(shared, nid, *inode) < 0) {
            inode_put(*inode);
            *inode = NULL;
        } else {
            tmpfs_of(inode_get(*inode))->shared = true;
        }
    }
    return *inode ? 0 : -ENOMEM;
}

void tmpfs_unlink(struct inode *inode)
{
    struct tmpfs_inode *node = tmpfs_of(inode);

    inode->links -= inode->links > 0;
    inode_touch(inode, false);
    if (inode->links == 0 && node->shared) {
        node->shared = false;
        radix_set(&((struct tmpfs_super *)inode->super)->shared, node->lower.nid, NULL);
        inode_put(inode);
    }
}

struct super_block *tmpfs_new(const char *type, const struct erofs_inode *root)
{
    struct tmpfs_super *tmpfs = kzalloc(sizeof(*tmpfs));
    struct inode *inode;

    if (!tmpfs)
        return NULL;
    super_init(&tmpfs->super, type, TMPFS_MAGIC);
    tmpfs->super.pages_max = pages_total() / 2; /* as Linux' own */
    if (root)                                   /* numbers of inodes of the image come first */
        tmpfs->super.inodes = root->fs->size / 32 + 1;
    inode = root ? tmpfs_inode_of(&tmpfs->super, root) : tmpfs_inode(&tmpfs->super, S_IFDIR | 0755);
    if (inode)
        tmpfs->super.root = dentry_new(NULL, &tmpfs->super, "", 0, inode);
    if (!tmpfs->super.root) {
        kfree(tmpfs);
        return NULL;
    }
    return &tmpfs->super;
}
