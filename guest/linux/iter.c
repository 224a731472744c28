/* Bytes to or from the buffers of a vector. */
#include "kernel.h"
#include "memory.h"
#include "vfs.h"

enum direction { PUT, ZERO, TAKE };

static struct iter iter_of(struct iovec *one, void *buffer, size_t size, bool kernel)
{
    *one = (struct iovec){.iov_base = buffer, .iov_len = size};
    return (struct iter){.vector = one, .left = size, .kernel = kernel};
}

struct iter iter_of_user(struct iovec *one, void *buffer, size_t size)
{
    return iter_of(one, buffer, size, false);
}

struct iter iter_of_kernel(struct iovec *one, void *buffer, size_t size)
{
    return iter_of(one, buffer, size, true);
}

static int copy(void *buffer, void *bytes, size_t size, bool kernel, enum direction direction)
{
    switch (direction) {
    case PUT:
        if (!kernel)
            return copy_to_user(buffer, bytes, size);
        memcpy(buffer, bytes, size);
        return 0;
    case ZERO:
        if (!kernel)
            return zero_user(buffer, size);
        memset(buffer, 0, size);
        return 0;
    case TAKE:
        if (!kernel)
            return copy_from_user(bytes, buffer, size);
        memcpy(bytes, buffer, size);
        return 0;
    }
    return -EFAULT;
}

/* Goes by what is left of a buffer, and no further than to the end of a page of it, so that what
 * was copied before a bad page counts. */
static long step(struct iter *iter, void *bytes, size_t size, enum direction direction)
{
    size_t done = 0;

    while (done < size && iter->left > 0) {
        uint8_t *buffer = (uint8_t *)iter->vector->iov_base + iter->offset;
        size_t part = iter->vector->iov_len - iter->offset;
        const size_t in_page = PAGE_SIZE - ((uintptr_t)buffer & PAGE_MASK);

        if (part == 0) {
            iter->vector++;
            iter->offset = 0;
            continue;
        }
        part = part < in_page ? part : in_page;
        part = part < size - done ? part : size - done;
        part = part < iter->left ? part : iter->left;
        if (copy(buffer, bytes ? (uint8_t *)bytes + done : NULL, part, iter->kernel, direction) < 0)
            break;
        done += part;
        iter->offset += part;
        iter->left -= part;
    }
    return done > 0 || size == 0 || iter->left == 0 ? (long)done : -EFAULT;
}

long iter_put(struct iter *to, const void *from, size_t size)
{
    return step(to, (void *)from, size, PUT);
}

long iter_zero(struct iter *to, size_t size)
{
    return step(to, NULL, size, ZERO);
}

long iter_take(struct iter *from, void *to, size_t size)
{
    return step(from, to, size, TAKE);
}
