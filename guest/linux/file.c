/* Open files. */
#include "dentry.h"
#include "device.h"
#include "kernel.h"
#include "locks.h"
#include "memory.h"
#include "notify.h"
#include "path.h"
#include "permission.h"
#include "tmpfs.h"

struct file *file_get(struct file *file)
{
    file->references++;
    return file;
}

void file_put(struct file *file)
{
    if (--file->references > 0)
        return;
    if (file->watchers > 0)
        epoll_forget(file);
    locks_release(file);
    if (file->operations)
        notify_dentry(file->dentry, file_writable(file) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    if (file->operations && file->operations->release)
        file->operations->release(file);
    dentry_put(file->dentry);
    kfree(file);
}

int file_new(struct dentry *dentry, unsigned flags, struct file **file)
{
    struct file *new = kzalloc(sizeof(*new));
    int error = 0;

    if (!new)
        return -ENOMEM;
    new->dentry = dentry_get(dentry);
    new->inode = dentry->inode;
    new->references = 1;
    new->flags = flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
    if (!(flags & O_PATH)) {
        new->flags |= O_LARGEFILE;
        new->operations = new->inode->file_operations;
        if (!new->operations) /* a device's, or nobody's */
            new->operations = device_operations(new->inode);
        if (!new->operations)
            error = -ENXIO;
        else if (new->operations->open)
            error = new->operations->open(new);
    }
    new->flags &= ~(unsigned)O_NOCTTY; /* which terminals look at as they are opened */
    if (error < 0) {
        new->operations = NULL; /* there is nothing to release */
        file_put(new);
        return error;
    }
    if (new->operations)
        notify_dentry(dentry, IN_OPEN);
    *file = new;
    return 0;
}

/* The file system of what no directory names. */
static struct super_block *anonymous(void)
{
    static struct super_block *super;

    if (!super)
        super = tmpfs_new("anon_inodefs", NULL);
    return super;
}

struct inode *inode_anonymous(uint32_t mode)
{
    struct super_block *super = anonymous();

    return super ? tmpfs_inode(super, mode) : NULL;
}

int file_anonymous(const char *name, struct inode *inode, const struct file_operations *operations,
                   unsigned flags, struct file **file)
{
    struct dentry *dentry;
    int error;

    inode->file_operations = operations ? operations : inode->file_operations;
    dentry = dentry_new(NULL, inode->super, name, strlen(name), inode);
    if (!dentry)
        return -ENOMEM;
    error = file_new(dentry, flags, file);
    dentry_put(dentry);
    return error;
}

int file_open(const char *name, unsigned flags, struct file **file)
{
    struct path path;
    int error = path_find_kernel(name, PATH_FOLLOW, &path);

    if (error < 0)
        return error;
    error = file_new(path.found, flags, file);
    path_put(&path);
    return error;
}

int file_open_exec(int directory, const char *name, int at_flags, struct file **file)
{
    const unsigned flags = (at_flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW) |
                           (at_flags & AT_EMPTY_PATH ? PATH_EMPTY : 0);
    struct dentry *found;
    int error = path_lookup(directory, name, flags, &found);

    if (error < 0)
        return error;
    if (S_ISLNK(found->inode->mode))
        error = -ELOOP;
    else
        error = may_execute(found->inode);
    if (error == 0)
        error = file_new(found, O_RDONLY, file);
    dentry_put(found);
    return error;
}

long file_read_at(struct file *file, void *to, size_t size, uint64_t position)
{
    struct iovec one;
    struct iter iter = iter_of_kernel(&one, to, size);

    if (!file->operations || !file->operations->read)
        return -EINVAL;
    return file->operations->read(file, &iter, &position);
}
