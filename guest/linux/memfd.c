/* memfd_create(2): a file in memory without a name, and the seals that it may get. */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "syscalls_files.h"
#include "tmpfs.h"

#include <linux/memfd.h>

#define PREFIX "/memfd:"

enum { NAME_MAX_LENGTH = 249 };

long memfd_seals(const struct file *file)
{
    return file->operations == &tmpfs_file ? (long)tmpfs_of(file->inode)->seals : -EINVAL;
}

bool memfd_is_write_sealed(const struct file *file)
{
    const long seals = memfd_seals(file);

    return seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0;
}

long memfd_seal(struct file *file, unsigned seals)
{
    struct tmpfs_inode *node = tmpfs_of(file->inode);
    const unsigned known =
        F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

    if (!file_writable(file))
        return -EPERM;
    if (seals & ~known || file->operations != &tmpfs_file)
        return -EINVAL;
    if (node->seals & F_SEAL_SEAL)
        return -EPERM;
    if (seals & F_SEAL_WRITE && !(node->seals & F_SEAL_WRITE) && node->inode.mappings > 0)
        return -EBUSY;
    node->seals |= seals;
    return 0;
}

static long make(const char *name, unsigned flags)
{
    struct inode *inode = inode_anonymous(S_IFREG | 0777);
    struct file *file;
    long fd;
    int error;

    if (!inode)
        return -ENOMEM;
    inode->links = 0;
    tmpfs_of(inode)->seals = flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
    error = file_anonymous(name, inode, &tmpfs_file, O_RDWR, &file);
    if (error < 0)
        return error;
    file->dentry->deleted = true;
    fd = fd_install(file, 0, flags & MFD_CLOEXEC);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_memfd_create(const char *user, unsigned flags)
{
    char *name;
    long result;

    if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        return -EINVAL;
    name = kmalloc(sizeof(PREFIX) + NAME_MAX_LENGTH);
    if (!name)
        return -ENOMEM;
    memcpy(name, PREFIX, sizeof(PREFIX));
    result = string_from_user(name + sizeof(PREFIX) - 1, user, NAME_MAX_LENGTH + 1);
    if (result == -ENAMETOOLONG)
        result = -EINVAL;
    if (result >= 0)
        result = make(name, flags);
    kfree(name);
    return result;
}
