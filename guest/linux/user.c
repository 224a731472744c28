/* Memory of the running program: what may not be read or written is -EFAULT. */
#include "kernel.h"
#include "process.h"
#include "space.h"

#include <asm/errno.h>

#define POPULATE_FROM (4 * PAGE_SIZE) /* below, a fault is as good */

/* entry.asm */
size_t user_copy(void *to, const void *from, size_t size);
size_t user_zero(void *to, size_t size);
long user_string(char *to, const char *from, size_t size);

static void populate(const void *user, size_t size, enum access access)
{
    uint64_t start = (uint64_t)user & ~PAGE_MASK, end = (uint64_t)user + size;

    if (size >= POPULATE_FROM)
        space_populate(current_process()->space, start, (end + PAGE_MASK) & ~PAGE_MASK, access);
}

int copy_from_user(void *to, const void *user, size_t size)
{
    if (!space_is_user((uint64_t)user, size))
        return -EFAULT;
    populate(user, size, ACCESS_READ);
    return user_copy(to, user, size) == 0 ? 0 : -EFAULT;
}

int copy_to_user(void *user, const void *from, size_t size)
{
    if (!space_is_user((uint64_t)user, size))
        return -EFAULT;
    populate(user, size, ACCESS_WRITE);
    return user_copy(user, from, size) == 0 ? 0 : -EFAULT;
}

int zero_user(void *user, size_t size)
{
    if (!space_is_user((uint64_t)user, size))
        return -EFAULT;
    populate(user, size, ACCESS_WRITE);
    return user_zero(user, size) == 0 ? 0 : -EFAULT;
}

long string_from_user(char *to, const char *user, size_t size)
{
    if (!space_is_user((uint64_t)user, 1))
        return -EFAULT;

    /* Where the string may not go on, it would be the kernel's memory or nobody's. */
    size_t most = size;
    while (!space_is_user((uint64_t)user, most))
        most--;

    long left = user_string(to, user, most);
    if (left == -2 || (left == -1 && most < size))
        return -EFAULT;
    return left == -1 ? -ENAMETOOLONG : (long)most - left;
}
