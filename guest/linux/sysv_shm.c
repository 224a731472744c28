/*
 * Shared memory of System V (shmget(2)): a file in memory for each segment, which areas map and
 * permissions are asked of. A segment that is removed is found no more, and lives until the last
 * area of it is gone.
 */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "mmap.h"
#include "permission.h"
#include "process.h"
#include "space.h"
#include "syscalls.h"

#include <linux/ipc.h>
#include <linux/mman.h>
#include <linux/shm.h>

enum { SEGMENTS_MAX = 4096, MODE = 0777 };

struct segment {
    struct segment *next;
    int id, key, creator, last; /* the latter two are processes */
    size_t size;                /* as it was asked for */
    uint32_t uid, gid;          /* of the creator; those of the inode are the owner's */
    struct timestamp attached, detached;
    struct file *file;
};

static struct segment *segments;
static unsigned segment_count;

static struct segment *find(int id)
{
    struct segment *segment = segments;

    while (segment != NULL && segment->id != id)
        segment = segment->next;
    return segment;
}

static struct segment *find_key(int key)
{
    struct segment *segment = segments;

    while (segment != NULL && segment->key != key)
        segment = segment->next;
    return segment;
}

static struct segment *find_inode(const struct inode *inode)
{
    struct segment *segment = segments;

    while (segment != NULL && segment->file->inode != inode)
        segment = segment->next;
    return segment;
}

static long make(int key, size_t size, uint32_t mode)
{
    static int last_id;
    struct segment *segment = kzalloc(sizeof(*segment));
    struct inode *inode = inode_anonymous(S_IFREG | (mode & MODE));
    char name[32];
    int error = -ENOMEM;

    if (segment != NULL && inode != NULL) {
        inode->size = (size + PAGE_MASK) & ~PAGE_MASK;
        format(name, sizeof(name), "/SYSV%08x", (unsigned)key);
        error = file_anonymous(name, inode, inode->file_operations, O_RDWR, &segment->file);
    } else if (inode != NULL) {
        inode_put(inode);
    }
    if (error != 0) {
        kfree(segment);
        return error;
    }
    segment->file->dentry->deleted = true;
    segment->id = last_id++;
    segment->key = key;
    segment->size = size;
    segment->creator = current_process()->id;
    segment->uid = inode->uid;
    segment->gid = inode->gid;
    segment->next = segments;
    segments = segment;
    segment_count++;
    return segment->id;
}

long sys_shmget(int key, size_t size, int flags)
{
    const struct segment *segment = key != IPC_PRIVATE ? find_key(key) : NULL;

    if (segment != NULL) {
        if ((flags & IPC_CREAT) != 0 && (flags & IPC_EXCL) != 0)
            return -EEXIST;
        if (permission(segment->file->inode, (unsigned)(flags >> 6 | flags >> 3 | flags) & 6) != 0)
            return -EACCES;
        return size <= segment->size ? segment->id : -EINVAL;
    }
    if (key != IPC_PRIVATE && (flags & IPC_CREAT) == 0)
        return -ENOENT;
    if (size == 0)
        return -EINVAL;
    if (segment_count == SEGMENTS_MAX || size > pages_total() * PAGE_SIZE)
        return -ENOSPC;
    return make(key, size, (uint32_t)flags);
}

long sys_shmat(int id, uint64_t address, int flags)
{
    struct segment *segment = find(id);
    const uint32_t protection = PROT_READ | ((flags & SHM_RDONLY) != 0 ? 0 : PROT_WRITE) |
                                ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0);
    uint32_t how = MAP_SHARED;

    if (segment == NULL)
        return -EINVAL;
    if ((flags & SHM_RND) != 0)
        address &= ~PAGE_MASK;
    if (address == 0 && (flags & SHM_REMAP) != 0)
        return -EINVAL;
    if (address != 0)
        how |= (flags & SHM_REMAP) != 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    if (permission(segment->file->inode, MAY_READ | ((flags & SHM_RDONLY) != 0 ? 0u : MAY_WRITE)) !=
        0)
        return -EACCES;
    long at = map_file(segment->file, address, segment->file->inode->size, protection, how);
    if (at == -EEXIST)
        return -EINVAL;
    if (at >= 0) {
        segment->attached = timestamp_now();
        segment->last = current_process()->id;
    }
    return at;
}

/* All that is left of what was attached at the address. */
static long detach(struct space *space, uint64_t address, const struct inode *inode)
{
    const uint64_t end = address + inode->size;
    const struct area *area;

    for (uint64_t at = address; (area = space_find(space, at)) != NULL && area->start < end;) {
        const uint64_t start = area->start;

        at = area->end;
        if (area->file == NULL || area->file->inode != inode)
            continue;
        int error = space_unmap(space, start, at);
        if (error != 0)
            return error;
    }
    return 0;
}

long sys_shmdt(uint64_t address)
{
    struct space *space = current_process()->space;
    const struct area *area = space_find_at(space, address);

    if (area == NULL || area->start != address || area->file == NULL || area->offset != 0 ||
        strncmp(area->file->dentry->name, "/SYSV", 5) != 0)
        return -EINVAL;
    struct inode *inode = inode_get(area->file->inode);
    struct segment *segment = find_inode(inode);
    if (segment != NULL) {
        segment->detached = timestamp_now();
        segment->last = current_process()->id;
    }
    const long error = detach(space, address, inode);
    inode_put(inode);
    return error;
}

static void remove(struct segment *segment)
{
    struct segment **at = &segments;

    while (*at != segment)
        at = &(*at)->next;
    *at = segment->next;
    segment_count--;
    file_put(segment->file);
    kfree(segment);
}

static long put_status(const struct segment *segment, void *to)
{
    const struct inode *inode = segment->file->inode;
    const struct shmid64_ds status = {
        .shm_perm = {.key = segment->key,
                     .uid = inode->uid,
                     .gid = inode->gid,
                     .cuid = segment->uid,
                     .cgid = segment->gid,
                     .mode = inode->mode & MODE},
        .shm_segsz = segment->size,
        .shm_atime = segment->attached.seconds,
        .shm_dtime = segment->detached.seconds,
        .shm_ctime = inode->changed.seconds,
        .shm_cpid = segment->creator,
        .shm_lpid = segment->last,
        .shm_nattch = inode->mappings,
    };

    if (permission(inode, MAY_READ) != 0)
        return -EACCES;
    return copy_to_user(to, &status, sizeof(status));
}

static long set_status(const struct segment *segment, const void *from)
{
    struct inode *inode = segment->file->inode;
    struct shmid64_ds status;

    if (copy_from_user(&status, from, sizeof(status)) != 0)
        return -EFAULT;
    inode->uid = status.shm_perm.uid;
    inode->gid = status.shm_perm.gid;
    inode->mode = S_IFREG | (status.shm_perm.mode & MODE);
    inode_touch(inode, false);
    return 0;
}

static bool may_change(const struct segment *segment)
{
    const uint32_t user = current_credentials()->user.effective;

    return user == segment->uid || user == segment->file->inode->uid || is_capable(CAP_SYS_ADMIN);
}

long sys_shmctl(int id, int command, void *status)
{
    struct segment *segment = find(id);

    if (segment == NULL)
        return -EINVAL;
    switch (command) {
    case IPC_STAT:
        return put_status(segment, status);
    case IPC_SET:
        return may_change(segment) ? set_status(segment, status) : -EPERM;
    case IPC_RMID:
        if (!may_change(segment))
            return -EPERM;
        remove(segment);
        return 0;
    case SHM_LOCK: /* nothing is ever swapped */
    case SHM_UNLOCK:
        return 0;
    default:
        return -EINVAL;
    }
}
