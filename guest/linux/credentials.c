/*
 * User and group IDs. The program is root in a world of its own; it may become somebody else, and
 * is then told that it is, but what it may do with files stays what root may.
 */
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "syscalls.h"

#include <asm/errno.h>

#define KEEP   UINT32_MAX
#define GROUPS ARRAY_SIZE(((struct credentials *)NULL)->groups)

static struct credentials *mine(void)
{
    return &current_process()->credentials;
}

static bool may_become(const struct ids *ids, uint32_t id)
{
    return id == KEEP || mine()->user.effective == 0 || id == ids->real || id == ids->effective ||
           id == ids->saved;
}

static long set_three(struct ids *ids, uint32_t real, uint32_t effective, uint32_t saved)
{
    if (!may_become(ids, real) || !may_become(ids, effective) || !may_become(ids, saved))
        return -EPERM;
    ids->real = real != KEEP ? real : ids->real;
    ids->effective = effective != KEEP ? effective : ids->effective;
    ids->saved = saved != KEEP ? saved : ids->saved;
    return 0;
}

static long set_one(struct ids *ids, uint32_t id)
{
    if (id == KEEP)
        return -EINVAL;
    return mine()->user.effective == 0 ? set_three(ids, id, id, id)
                                       : set_three(ids, KEEP, id, KEEP);
}

/* The saved one follows the effective one, where the real one is set or left behind. */
static long set_two(struct ids *ids, uint32_t real, uint32_t effective)
{
    const bool follows = real != KEEP || (effective != KEEP && effective != ids->real);
    long result = set_three(ids, real, effective, KEEP);

    if (result == 0 && follows)
        ids->saved = ids->effective;
    return result;
}

static long put_three(const struct ids *ids, uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    if (copy_to_user(real, &ids->real, sizeof(*real)) != 0 ||
        copy_to_user(effective, &ids->effective, sizeof(*effective)) != 0 ||
        copy_to_user(saved, &ids->saved, sizeof(*saved)) != 0)
        return -EFAULT;
    return 0;
}

long sys_getuid(void)
{
    return mine()->user.real;
}

long sys_geteuid(void)
{
    return mine()->user.effective;
}

long sys_getgid(void)
{
    return mine()->group.real;
}

long sys_getegid(void)
{
    return mine()->group.effective;
}

long sys_setuid(uint32_t id)
{
    return set_one(&mine()->user, id);
}

long sys_setgid(uint32_t id)
{
    return set_one(&mine()->group, id);
}

long sys_setreuid(uint32_t real, uint32_t effective)
{
    return set_two(&mine()->user, real, effective);
}

long sys_setregid(uint32_t real, uint32_t effective)
{
    return set_two(&mine()->group, real, effective);
}

long sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_three(&mine()->user, real, effective, saved);
}

long sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_three(&mine()->group, real, effective, saved);
}

long sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    return put_three(&mine()->user, real, effective, saved);
}

long sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    return put_three(&mine()->group, real, effective, saved);
}

/* Both return what was, and fail silently. */
long sys_setfsuid(uint32_t id)
{
    (void)id;
    return mine()->user.effective;
}

long sys_setfsgid(uint32_t id)
{
    (void)id;
    return mine()->group.effective;
}

long sys_getgroups(int size, uint32_t *list)
{
    const struct credentials *credentials = mine();

    if (size == 0)
        return credentials->group_count;
    if (size < credentials->group_count)
        return -EINVAL;
    if (copy_to_user(list, credentials->groups,
                     (size_t)credentials->group_count * sizeof(list[0])) != 0)
        return -EFAULT;
    return credentials->group_count;
}

long sys_setgroups(size_t count, const uint32_t *list)
{
    struct credentials *credentials = mine();

    if (credentials->user.effective != 0)
        return -EPERM;
    if (count > GROUPS)
        return -EINVAL;
    if (copy_from_user(credentials->groups, list, count * sizeof(list[0])) != 0)
        return -EFAULT;
    credentials->group_count = (int)count;
    return 0;
}
