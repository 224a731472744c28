/* What all inodes have: references, times, pages; and the file systems that they are of. */
#include "credentials.h"
#include "dentry.h"
#include "erofs.h"
#include "kernel.h"
#include "memory.h"

struct super_block *mounts[MOUNTS_MAX];

void super_init(struct super_block *super, const char *type, uint64_t magic)
{
    static unsigned devices;

    super->type = type;
    super->magic = magic;
    super->device = ++devices;
}

void super_mount(struct super_block *super, struct dentry *covers)
{
    unsigned index = 0;

    while (mounts[index])
        index++;
    mounts[index] = super;
    if (covers) {
        super->covers = dentry_get(covers);
        covers->mounted = super;
    }
}

void inode_init(struct inode *inode, struct super_block *super, uint32_t mode)
{
    const struct timestamp now = timestamp_now();

    inode->super = super;
    inode->references = 1;
    inode->number = ++super->inodes;
    inode->mode = mode;
    inode->uid = current_credentials()->user.file;
    inode->gid = current_credentials()->group.file;
    inode->links = S_ISDIR(mode) ? 2 : 1;
    inode->accessed = inode->modified = inode->changed = inode->born = now;
}

struct inode *inode_get(struct inode *inode)
{
    inode->references++;
    return inode;
}

void inode_put(struct inode *inode)
{
    if (--inode->references == 0)
        inode->operations->evict(inode);
}

int inode_page(struct inode *inode, uint64_t index, enum page_use use, void **page)
{
    return inode->operations->page ? inode->operations->page(inode, index, use, page) : -ENODEV;
}

void inode_mapped(struct inode *inode)
{
    inode->mappings++;
}

void inode_unmapped(struct inode *inode)
{
    inode->mappings--;
}

struct timestamp timestamp_now(void)
{
    const uint64_t now = time_realtime();

    return (struct timestamp){(int64_t)(now / NSEC_PER_SEC), (uint32_t)(now % NSEC_PER_SEC)};
}

void inode_touch(struct inode *inode, bool modified)
{
    inode->changed = timestamp_now();
    if (modified)
        inode->modified = inode->changed;
}

static bool is_later(const struct timestamp *a, const struct timestamp *b)
{
    return a->seconds > b->seconds || (a->seconds == b->seconds && a->nanoseconds > b->nanoseconds);
}

/* relatime: once after each change, and once a day. */
void inode_access(struct inode *inode)
{
    const struct timestamp now = timestamp_now();

    if (inode->super->read_only)
        return;
    if (!is_later(&inode->accessed, &inode->modified) ||
        !is_later(&inode->accessed, &inode->changed) ||
        now.seconds - inode->accessed.seconds >= 24 * 60 * 60)
        inode->accessed = now;
}

int inode_attribute(struct inode *inode, const char *name, struct erofs_attribute *attribute)
{
    uint64_t position = 0;
    int found = 0;

    while (inode->operations->attribute &&
           (found = inode->operations->attribute(inode, &position, attribute)) > 0)
        if (erofs_attribute_is(attribute, name))
            return 0;
    return found < 0 ? found : -ENODATA;
}

unsigned type_of_mode(uint32_t mode)
{
    return (mode & S_IFMT) >> 12;
}
