/* User and group IDs, by the rules of credentials(7). */
#include "credentials.h"

#include "erofs.h"
#include "kernel.h"
#include "memory.h"
#include "syscalls.h"
#include "vfs.h"

#define KEEP       UINT32_MAX
#define GROUPS_MAX ARRAY_SIZE(((struct credentials *)NULL)->groups)

/* Those that are for files, and follow the user that files are asked for by. */
#define FOR_FILES                                                                                  \
    (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_MKNOD) | CAPABILITY(CAP_DAC_OVERRIDE) |                \
     CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_FOWNER) | CAPABILITY(CAP_FSETID) |           \
     CAPABILITY(CAP_LINUX_IMMUTABLE) | CAPABILITY(CAP_MAC_OVERRIDE))

bool is_capable(unsigned capability)
{
    return current_credentials()->effective >> capability & 1;
}

bool is_in_group(const struct credentials *credentials, uint32_t group)
{
    if (group == credentials->group.file)
        return true;
    for (int i = 0; i < credentials->group_count; i++)
        if (credentials->groups[i] == group)
            return true;
    return false;
}

void credentials_start(struct credentials *credentials, uint32_t uid, uint32_t gid)
{
    const uint64_t capabilities = uid == 0 ? CAPABILITIES_ALL : 0;

    *credentials = (struct credentials){
        .user = {uid, uid, uid, uid},
        .group = {gid, gid, gid, gid},
        .permitted = capabilities,
        .effective = capabilities,
        .bounding = CAPABILITIES_ALL,
    };
}

/* What a file gives to who executes it. */
struct file_capabilities {
    bool any, effective;
    uint64_t permitted, inheritable;
};

/* Its attribute is a struct vfs_ns_cap_data, or as much of it as its version has. */
static int read_capabilities(struct inode *inode, struct file_capabilities *capabilities)
{
    static const size_t sizes[] = {
        [1] = XATTR_CAPS_SZ_1, [2] = XATTR_CAPS_SZ_2, [3] = XATTR_CAPS_SZ_3};
    struct vfs_ns_cap_data data = {0};
    struct erofs_attribute attribute;
    const int error = inode_attribute(inode, EROFS_CAPABILITY, &attribute);
    uint32_t version;

    *capabilities = (struct file_capabilities){0};
    if (error < 0)
        return error == -ENODATA ? 0 : error;
    if (attribute.size < sizeof(data.magic_etc) || attribute.size > sizeof(data))
        return -EINVAL;
    memcpy(&data, attribute.value, attribute.size);
    version = data.magic_etc >> VFS_CAP_REVISION_SHIFT;
    if (version >= ARRAY_SIZE(sizes) || attribute.size != sizes[version])
        return -EINVAL;
    if (data.rootid != 0) /* they are for another user namespace */
        return 0;
    capabilities->any = true;
    capabilities->effective = data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE;
    capabilities->permitted =
        (data.data[0].permitted | (uint64_t)data.data[1].permitted << 32) & CAPABILITIES_ALL;
    capabilities->inheritable =
        (data.data[0].inheritable | (uint64_t)data.data[1].inheritable << 32) & CAPABILITIES_ALL;
    return 0;
}

/* The rules of capabilities(7). User 0 has all, unless it is only the file's owner, and the file
 * has its own. */
static int execute_capabilities(struct credentials *credentials,
                                const struct file_capabilities *file, bool *effective)
{
    const struct ids *user = &credentials->user;

    *effective = file->effective;
    credentials->permitted =
        (credentials->inheritable & file->inheritable) | (credentials->bounding & file->permitted);
    if (file->effective && (file->permitted & ~credentials->permitted) != 0)
        return -EPERM;
    if (user->effective == 0 && user->real != 0 && file->any)
        return 0;
    if (user->real == 0 || user->effective == 0)
        credentials->permitted = credentials->inheritable | credentials->bounding;
    if (user->effective == 0)
        *effective = true;
    return 0;
}

int credentials_execute(struct credentials *credentials, struct inode *inode,
                        bool no_new_privileges, bool *is_secure)
{
    struct ids *user = &credentials->user, *group = &credentials->group;
    const uint64_t had = credentials->permitted;
    const bool may_change = !no_new_privileges;
    struct file_capabilities file;
    bool effective;
    int error = read_capabilities(inode, &file);

    if (error == 0 && may_change && inode->mode & S_ISUID)
        user->effective = inode->uid;
    if (error == 0 && may_change && (inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        group->effective = inode->gid;
    if (error == 0)
        error = execute_capabilities(credentials, &file, &effective);
    if (error < 0)
        return error;
    if (no_new_privileges)
        credentials->permitted &= had;
    if (file.any || user->effective != user->file || group->effective != group->file)
        credentials->ambient = 0;
    user->saved = user->file = user->effective;
    group->saved = group->file = group->effective;
    credentials->permitted |= credentials->ambient;
    credentials->effective = effective ? credentials->permitted : credentials->ambient;
    credentials->keeps_capabilities = false;
    *is_secure =
        user->effective != user->real || group->effective != group->real ||
        (user->real != 0 && (effective || (credentials->permitted & ~credentials->ambient) != 0));
    return 0;
}

static bool has_zero(const struct ids *ids)
{
    return ids->real == 0 || ids->effective == 0 || ids->saved == 0;
}

/* Capabilities come and go with user 0. */
static void change_user(const struct ids *new)
{
    struct credentials *credentials = current_credentials();
    const struct ids old = credentials->user;

    credentials->user = *new;
    if (has_zero(&old) && !has_zero(new)) {
        if (!credentials->keeps_capabilities)
            credentials->permitted = credentials->effective = 0;
        credentials->ambient = 0;
    }
    if (old.effective == 0 && new->effective != 0)
        credentials->effective = 0;
    if (old.effective != 0 && new->effective == 0)
        credentials->effective = credentials->permitted;
}

/* ---- Users and groups alike ---- */

static struct ids *ids_of(bool of_group)
{
    struct credentials *credentials = current_credentials();

    return of_group ? &credentials->group : &credentials->user;
}

static bool is_free(bool of_group)
{
    return is_capable(of_group ? CAP_SETGID : CAP_SETUID);
}

static long change(bool of_group, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct ids new = *ids_of(of_group);

    new.real = real != KEEP ? real : new.real;
    new.effective = effective != KEEP ? effective : new.effective;
    new.saved = saved != KEEP ? saved : new.saved;
    new.file = new.effective;
    if (of_group)
        *ids_of(true) = new;
    else
        change_user(&new);
    return 0;
}

static bool is_one_of(const struct ids *ids, uint32_t id)
{
    return id == KEEP || id == ids->real || id == ids->effective || id == ids->saved;
}

static long set_three(bool of_group, uint32_t real, uint32_t effective, uint32_t saved)
{
    const struct ids *ids = ids_of(of_group);

    if (!is_free(of_group) &&
        (!is_one_of(ids, real) || !is_one_of(ids, effective) || !is_one_of(ids, saved)))
        return -EPERM;
    return change(of_group, real, effective, saved);
}

static long set_one(bool of_group, uint32_t id)
{
    const struct ids *ids = ids_of(of_group);

    if (id == KEEP)
        return -EINVAL;
    if (is_free(of_group))
        return change(of_group, id, id, id);
    if (id != ids->real && id != ids->saved)
        return -EPERM;
    return change(of_group, KEEP, id, KEEP);
}

/* The saved one follows the effective one, where the real one is set or left behind. */
static long set_two(bool of_group, uint32_t real, uint32_t effective)
{
    const struct ids *ids = ids_of(of_group);
    const bool follows = real != KEEP || (effective != KEEP && effective != ids->real);

    if (!is_free(of_group) && ((real != KEEP && real != ids->real && real != ids->effective) ||
                               !is_one_of(ids, effective)))
        return -EPERM;
    if (!follows)
        return change(of_group, real, effective, KEEP);
    return change(of_group, real, effective, effective != KEEP ? effective : ids->effective);
}

static long put_three(bool of_group, uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    const struct ids *ids = ids_of(of_group);

    if (copy_to_user(real, &ids->real, sizeof(*real)) != 0 ||
        copy_to_user(effective, &ids->effective, sizeof(*effective)) != 0 ||
        copy_to_user(saved, &ids->saved, sizeof(*saved)) != 0)
        return -EFAULT;
    return 0;
}

/* Returns what was, and fails silently. */
static uint32_t set_file_id(bool of_group, uint32_t id)
{
    struct credentials *credentials = current_credentials();
    struct ids *ids = ids_of(of_group);
    const uint32_t old = ids->file;

    if (id == KEEP || (!is_free(of_group) && !is_one_of(ids, id) && id != old))
        return old;
    ids->file = id;
    if (!of_group && old == 0 && id != 0)
        credentials->effective &= ~FOR_FILES;
    if (!of_group && old != 0 && id == 0)
        credentials->effective |= credentials->permitted & FOR_FILES;
    return old;
}

/* ---- The calls ---- */

long sys_getuid(void)
{
    return current_credentials()->user.real;
}

long sys_geteuid(void)
{
    return current_credentials()->user.effective;
}

long sys_getgid(void)
{
    return current_credentials()->group.real;
}

long sys_getegid(void)
{
    return current_credentials()->group.effective;
}

long sys_setuid(uint32_t id)
{
    return set_one(false, id);
}

long sys_setgid(uint32_t id)
{
    return set_one(true, id);
}

long sys_setreuid(uint32_t real, uint32_t effective)
{
    return set_two(false, real, effective);
}

long sys_setregid(uint32_t real, uint32_t effective)
{
    return set_two(true, real, effective);
}

long sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_three(false, real, effective, saved);
}

long sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_three(true, real, effective, saved);
}

long sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    return put_three(false, real, effective, saved);
}

long sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved)
{
    return put_three(true, real, effective, saved);
}

long sys_setfsuid(uint32_t id)
{
    return set_file_id(false, id);
}

long sys_setfsgid(uint32_t id)
{
    return set_file_id(true, id);
}

long sys_getgroups(int size, uint32_t *list)
{
    const struct credentials *credentials = current_credentials();

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
    struct credentials *credentials = current_credentials();

    if (!is_capable(CAP_SETGID))
        return -EPERM;
    if (count > GROUPS_MAX)
        return -EINVAL;
    if (copy_from_user(credentials->groups, list, count * sizeof(list[0])) != 0)
        return -EFAULT;
    credentials->group_count = (int)count;
    return 0;
}
