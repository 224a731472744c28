/* Futexes. */
#include "kernel.h"
#include "memory.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/futex.h>

long sys_futex(uint32_t *word, int operation, uint32_t value, const void *timeout, uint32_t *other,
               uint32_t bits)
{
    uint32_t now;

    (void)timeout;
    (void)other;
    (void)bits;
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        if (copy_from_user(&now, word, sizeof(now)) != 0)
            return -EFAULT;
        return now != value ? -EAGAIN : -EDEADLK;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return 0;
    default:
        return -ENOSYS;
    }
}
