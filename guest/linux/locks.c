/*
 * Locks on files. Those of fcntl(2) are of ranges, and belong to a process (its table of
 * descriptors) or to an open file; those of flock(2) are of whole files, belong to an open file,
 * and do not see the others.
 */
#include "locks.h"

#include "kernel.h"
#include "memory.h"
#include "schedule.h"
#include "syscalls_files.h"
#include "task.h"

#include <linux/fs.h>

#define CHAIN_MAX 10 /* of processes that wait for each other, as in Linux */

struct lock {
    struct lock *next; /* of those of the inode, or of those that are waited for */
    struct inode *inode;
    const void *owner;
    bool is_flock, is_exclusive, is_of_process;
    int process;
    uint64_t first, last;
};

static struct lock *awaited;
static struct wait_queue released; /* any lock: there are few who wait */

static bool overlaps(const struct lock *a, const struct lock *b)
{
    return a->is_flock == b->is_flock && a->first <= b->last && b->first <= a->last;
}

/* The lock at the lowest place that is in the way; NULL: none is. */
static struct lock *conflict(const struct lock *wanted)
{
    struct lock *lock = wanted->inode->locks;

    while (lock != NULL && (lock->owner == wanted->owner || !overlaps(lock, wanted) ||
                            (!lock->is_exclusive && !wanted->is_exclusive)))
        lock = lock->next;
    return lock;
}

/* ---- Waiting ---- */

static const struct lock *awaited_by(const void *owner)
{
    const struct lock *lock = awaited;

    while (lock != NULL && lock->owner != owner)
        lock = lock->next;
    return lock;
}

/* Whether who has the lock waits, by others perhaps, for who wants it. */
static bool is_deadlock(const struct lock *lock, const void *owner)
{
    for (unsigned i = 0; i < CHAIN_MAX && lock != NULL && lock->is_of_process; i++) {
        if (lock->owner == owner)
            return true;
        const struct lock *next = awaited_by(lock->owner);
        lock = next != NULL ? conflict(next) : NULL;
    }
    return false;
}

static int wait_for(struct lock *wanted)
{
    struct lock *lock, **at = &awaited;
    int error = 0;

    wanted->next = awaited;
    awaited = wanted;
    while (error == 0 && (lock = conflict(wanted)) != NULL)
        error = wanted->is_of_process && is_deadlock(lock, wanted->owner)
                    ? -EDEADLK
                    : wait_on(&released, FOREVER);
    while (*at != wanted)
        at = &(*at)->next;
    *at = wanted->next;
    return error;
}

/* ---- Taking and giving back ---- */

/* Takes a range away from an owner's lock; what is left behind it needs `rest`, which is used then.
 */
static void cut(struct lock **at, const struct lock *range, struct lock **rest)
{
    struct lock *lock = *at;

    if (lock->first < range->first && lock->last > range->last) {
        **rest = *lock;
        (*rest)->first = range->last + 1;
        lock->last = range->first - 1;
        lock->next = *rest;
        *rest = NULL;
    } else if (lock->first < range->first) {
        lock->last = range->first - 1;
    } else if (lock->last > range->last) {
        lock->first = range->last + 1;
    } else {
        *at = lock->next;
        kfree(lock);
    }
}

/* The owner's locks of this range are gone. `rest` as above. */
static void clear(const struct lock *range, struct lock **rest)
{
    struct lock **at = &range->inode->locks;

    while (*at != NULL) {
        struct lock *lock = *at;

        if (lock->owner == range->owner && overlaps(lock, range))
            cut(at, range, rest);
        if (*at == lock)
            at = &lock->next;
    }
    wake_all(&released);
}

/* A lock takes those of its owner in that it touches and that are of its kind. */
static void merge(struct lock *new)
{
    struct lock **at = &new->inode->locks;

    while (*at != NULL) {
        struct lock *lock = *at;

        if (lock->owner != new->owner || lock->is_flock != new->is_flock ||
            lock->is_exclusive != new->is_exclusive ||
            (lock->last != UINT64_MAX && lock->last + 1 < new->first) ||
            (new->last != UINT64_MAX &&new->last + 1 < lock->first)) {
            at = &lock->next;
            continue;
        }
        new->first = lock->first < new->first ? lock->first : new->first;
        new->last = lock->last > new->last ? lock->last : new->last;
        *at = lock->next;
        kfree(lock);
    }
}

/* By their places. */
static void add(struct lock *new)
{
    struct lock **at = &new->inode->locks;

    merge(new);
    while (*at != NULL && (*at)->first <= new->first)
        at = &(*at)->next;
    new->next = *at;
    *at = new;
}

static int set(const struct lock *wanted, bool unlocks, bool may_wait)
{
    struct lock *new = kmalloc(sizeof(*new)), *rest = kmalloc(sizeof(*rest));
    int error = new != NULL &&rest != NULL ? 0 : -ENOLCK;

    if (error == 0)
        *new = *wanted;
    if (error == 0 && !unlocks && conflict(new) != NULL)
        error = may_wait ? wait_for(new) : -EAGAIN;
    if (error == 0)
        clear(new, &rest);
    if (error == 0 && !unlocks)
        add(new);
    else
        kfree(new);
    kfree(rest);
    return error;
}

/* Those that belong to an owner, of either kind. */
static void drop(struct inode *inode, const void *owner)
{
    struct lock **at = &inode->locks;

    if (inode->locks == NULL)
        return;
    while (*at != NULL) {
        struct lock *lock = *at;

        if (lock->owner != owner) {
            at = &lock->next;
            continue;
        }
        *at = lock->next;
        kfree(lock);
    }
    wake_all(&released);
}

void locks_close(const struct file *file, const struct files *owner)
{
    drop(file->inode, owner);
}

void locks_release(const struct file *file)
{
    drop(file->inode, file);
}

/* ---- fcntl(2) ---- */

static int base_of(const struct file *file, int whence, int64_t *base)
{
    *base = whence == SEEK_CUR   ? (int64_t)file->position
            : whence == SEEK_END ? (int64_t)file->inode->size
                                 : 0;
    return whence == SEEK_SET || whence == SEEK_CUR || whence == SEEK_END ? 0 : -EINVAL;
}

static int range_of(const struct file *file, const struct flock *told, struct lock *lock)
{
    int64_t first, last;
    int error = base_of(file, told->l_whence, &first);

    if (error != 0)
        return error;
    if (__builtin_add_overflow(first, told->l_start, &first))
        return -EOVERFLOW;
    if (first < 0)
        return -EINVAL;
    if (__builtin_add_overflow(first, told->l_len, &last))
        return -EOVERFLOW;
    if (last < 0)
        return -EINVAL;
    lock->first = (uint64_t)(told->l_len < 0 ? last : first);
    lock->last = told->l_len == 0 ? UINT64_MAX : (uint64_t)(told->l_len < 0 ? first : last) - 1;
    return 0;
}

static void tell(const struct lock *lock, struct flock *told)
{
    told->l_type = lock->is_exclusive ? F_WRLCK : F_RDLCK;
    told->l_whence = SEEK_SET;
    told->l_start = (int64_t)lock->first;
    told->l_len = lock->last == UINT64_MAX ? 0 : (int64_t)(lock->last - lock->first + 1);
    told->l_pid = lock->is_of_process ? lock->process : -1;
}

static int get(const struct lock *wanted, struct flock *told, void *user)
{
    const struct lock *lock = conflict(wanted);

    if (told->l_type == F_UNLCK)
        return -EINVAL;
    if (lock != NULL)
        tell(lock, told);
    else
        told->l_type = F_UNLCK;
    return copy_to_user(user, told, sizeof(*told));
}

long locks_control(struct file *file, unsigned command, void *user)
{
    const bool is_of_process = command == F_GETLK || command == F_SETLK || command == F_SETLKW;
    struct lock wanted = {
        .inode = file->inode,
        .owner = is_of_process ? (const void *)current_files() : file,
        .is_of_process = is_of_process,
        .process = task_current(),
    };
    struct flock told;

    if (copy_from_user(&told, user, sizeof(told)) < 0)
        return -EFAULT;
    if (told.l_type != F_RDLCK && told.l_type != F_WRLCK && told.l_type != F_UNLCK)
        return -EINVAL;
    if (!is_of_process && told.l_pid != 0)
        return -EINVAL;
    wanted.is_exclusive = told.l_type == F_WRLCK;
    int error = range_of(file, &told, &wanted);
    if (error != 0)
        return error;
    if (command == F_GETLK || command == F_OFD_GETLK)
        return get(&wanted, &told, user);
    if ((told.l_type == F_RDLCK && !file_readable(file)) ||
        (told.l_type == F_WRLCK && !file_writable(file)))
        return -EBADF;
    return set(&wanted, told.l_type == F_UNLCK, command == F_SETLKW || command == F_OFD_SETLKW);
}

/* ---- flock(2) ---- */

/* To change a lock gives it back first, as in Linux: others may be faster. */
static int set_whole(struct file *file, bool is_exclusive, bool unlocks, bool may_wait)
{
    const struct lock wanted = {
        .inode = file->inode,
        .owner = file,
        .is_flock = true,
        .is_exclusive = is_exclusive,
        .last = UINT64_MAX,
    };

    for (const struct lock *lock = file->inode->locks; lock != NULL; lock = lock->next)
        if (lock->owner == file && lock->is_flock) {
            if (!unlocks && lock->is_exclusive == is_exclusive)
                return 0;
            break;
        }
    int error = set(&wanted, true, false);
    return error != 0 || unlocks ? error : set(&wanted, false, may_wait);
}

long sys_flock(int fd, unsigned operation)
{
    const unsigned kind = operation & ~LOCK_NB;
    struct file *file = fd_file(fd);
    long error = -EINVAL;

    if (file == NULL || (file->flags & O_PATH) != 0)
        error = -EBADF;
    else if (kind == LOCK_SH || kind == LOCK_EX || kind == LOCK_UN)
        error = set_whole(file, kind == LOCK_EX, kind == LOCK_UN, (operation & LOCK_NB) == 0);
    if (file != NULL)
        file_put(file);
    return error;
}
