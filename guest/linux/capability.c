/* Capabilities of a process, as it asks for and changes them (capabilities(7)); credentials.c has
 * what programs get by being executed. */
#include "credentials.h"
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

/* As capget(2) has them: the lower halves of three sets, then the upper ones. */
struct sets {
    struct __user_cap_data_struct halves[2];
};

static uint64_t join(uint32_t low, uint32_t high)
{
    return low | (uint64_t)high << 32;
}

static struct sets sets_of(const struct credentials *credentials)
{
    struct sets sets;

    for (unsigned i = 0; i < 2; i++)
        sets.halves[i] = (struct __user_cap_data_struct){
            .effective = (uint32_t)(credentials->effective >> 32 * i),
            .permitted = (uint32_t)(credentials->permitted >> 32 * i),
            .inheritable = (uint32_t)(credentials->inheritable >> 32 * i),
        };
    return sets;
}

/* Bytes of the sets for a caller's version; it is told ours where that is none. */
static long size_of_version(struct __user_cap_header_struct *user, int *pid)
{
    struct __user_cap_header_struct header;
    const uint32_t known = _LINUX_CAPABILITY_VERSION_3;

    if (copy_from_user(&header, user, sizeof(header)) != 0)
        return -EFAULT;
    *pid = header.pid;
    switch (header.version) {
    case _LINUX_CAPABILITY_VERSION_1:
        return sizeof(struct __user_cap_data_struct);
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        return sizeof(struct sets);
    default:
        return copy_to_user(&user->version, &known, sizeof(known)) != 0 ? -EFAULT : -EINVAL;
    }
}

long sys_capget(void *header, void *data)
{
    int pid;
    const long size = size_of_version(header, &pid);

    if (size < 0)
        return size == -EINVAL && data == NULL ? 0 : size;
    if (pid < 0)
        return -EINVAL;
    const struct thread *thread = pid == 0 ? current : thread_find(pid);
    if (thread == NULL)
        return -ESRCH;
    const struct sets sets = sets_of(&thread->process->credentials);
    return data != NULL ? copy_to_user(data, &sets, (size_t)size) : 0;
}

long sys_capset(void *header, const void *data)
{
    struct credentials *credentials = current_credentials();
    struct sets sets = {0};
    int pid;
    const long size = size_of_version(header, &pid);

    if (size < 0)
        return size;
    if (pid != 0 && pid != current->id)
        return -EPERM;
    if (copy_from_user(&sets, data, (size_t)size) != 0)
        return -EFAULT;
    const struct __user_cap_data_struct *low = &sets.halves[0], *high = &sets.halves[1];
    const uint64_t effective = join(low->effective, high->effective) & CAPABILITIES_ALL;
    const uint64_t permitted = join(low->permitted, high->permitted) & CAPABILITIES_ALL;
    const uint64_t inheritable = join(low->inheritable, high->inheritable) & CAPABILITIES_ALL;
    const uint64_t own = credentials->inheritable | credentials->permitted;
    if ((!is_capable(CAP_SETPCAP) && (inheritable & ~own) != 0) ||
        (inheritable & ~(credentials->inheritable | credentials->bounding)) != 0 ||
        (permitted & ~credentials->permitted) != 0 || (effective & ~permitted) != 0)
        return -EPERM;
    credentials->effective = effective;
    credentials->permitted = permitted;
    credentials->inheritable = inheritable;
    credentials->ambient &= permitted & inheritable;
    return 0;
}

static long control_ambient(uint64_t operation, uint64_t capability)
{
    struct credentials *credentials = current_credentials();

    if (operation == PR_CAP_AMBIENT_CLEAR_ALL) {
        credentials->ambient = 0;
        return capability == 0 ? 0 : -EINVAL;
    }
    if (capability > CAP_LAST_CAP)
        return -EINVAL;
    const uint64_t bit = CAPABILITY(capability);
    switch (operation) {
    case PR_CAP_AMBIENT_IS_SET:
        return (credentials->ambient & bit) != 0;
    case PR_CAP_AMBIENT_RAISE:
        if ((credentials->permitted & credentials->inheritable & bit) == 0)
            return -EPERM;
        credentials->ambient |= bit;
        return 0;
    case PR_CAP_AMBIENT_LOWER:
        credentials->ambient &= ~bit;
        return 0;
    default:
        return -EINVAL;
    }
}

long capability_control(int option, uint64_t a, uint64_t b)
{
    struct credentials *credentials = current_credentials();

    switch (option) {
    case PR_CAPBSET_READ:
        return a <= CAP_LAST_CAP ? (long)(credentials->bounding >> a & 1) : -EINVAL;
    case PR_CAPBSET_DROP:
        if (!is_capable(CAP_SETPCAP))
            return -EPERM;
        if (a > CAP_LAST_CAP)
            return -EINVAL;
        credentials->bounding &= ~CAPABILITY(a);
        return 0;
    case PR_CAP_AMBIENT:
        return control_ambient(a, b);
    case PR_GET_SECUREBITS:
        return credentials->keeps_capabilities ? SECBIT_KEEP_CAPS : 0;
    case PR_GET_KEEPCAPS:
        return credentials->keeps_capabilities;
    case PR_SET_KEEPCAPS:
        if (a > 1)
            return -EINVAL;
        credentials->keeps_capabilities = a == 1;
        return 0;
    default:
        return -EINVAL;
    }
}
