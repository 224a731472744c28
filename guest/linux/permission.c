/* What the running process may do with files: owner, group and others, sticky directories, and who
 * is above them (path_resolution(7), capabilities(7)). */
#include "permission.h"

#include "kernel.h"

int permission_of(const struct credentials *credentials, const struct inode *inode, unsigned wanted)
{
    const uint64_t capable = credentials->effective;
    const bool executes = wanted & MAY_EXECUTE && !S_ISDIR(inode->mode);
    unsigned allowed = inode->mode;

    if (credentials->user.file == inode->uid)
        allowed >>= 6;
    else if (is_in_group(credentials, inode->gid))
        allowed >>= 3;
    if ((wanted & ~allowed) == 0)
        return 0;
    if (capable & CAPABILITY(CAP_DAC_OVERRIDE) && (!executes || inode->mode & 0111))
        return 0;
    if (capable & CAPABILITY(CAP_DAC_READ_SEARCH) && !(wanted & MAY_WRITE) && !executes)
        return 0;
    return -EACCES;
}

int permission(const struct inode *inode, unsigned wanted)
{
    return permission_of(current_credentials(), inode, wanted);
}

bool is_owner(const struct inode *inode)
{
    return current_credentials()->user.file == inode->uid || is_capable(CAP_FOWNER);
}

int may_execute(const struct inode *inode)
{
    return S_ISREG(inode->mode) ? permission(inode, MAY_EXECUTE) : -EACCES;
}

int may_add(const struct inode *directory)
{
    return permission(directory, MAY_WRITE | MAY_EXECUTE);
}

int may_remove(const struct inode *directory, const struct inode *inode)
{
    const uint32_t user = current_credentials()->user.file;

    if (may_add(directory) < 0)
        return -EACCES;
    if (directory->mode & S_ISVTX && user != inode->uid && user != directory->uid &&
        !is_capable(CAP_FOWNER))
        return -EPERM;
    return 0;
}

void drop_privileges(struct inode *inode)
{
    uint32_t bits = S_ISUID;

    inode->powerless = true;
    if (!S_ISREG(inode->mode) || is_capable(CAP_FSETID))
        return;
    if (inode->mode & S_IXGRP)
        bits |= S_ISGID;
    inode->mode &= ~bits;
}
