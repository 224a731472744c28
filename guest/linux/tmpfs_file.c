/* Regular files in memory: their pages, over the blocks of a file of an image. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "permission.h"
#include "tmpfs.h"

static uint64_t pages_of(uint64_t size)
{
    return size / PAGE_SIZE + (size % PAGE_SIZE > 0);
}

/* What shows of a lower block: `length` bytes of it, then zeros; *bytes is NULL in a hole. It is
 * whole if it can be mapped as it is. */
static int lower_block(const struct tmpfs_inode *node, uint64_t index, const uint8_t **bytes,
                       size_t *length, bool *whole)
{
    int error;

    *bytes = NULL;
    *length = 0;
    if (index >= pages_of(node->lower_size))
        return 0;
    error = erofs_block(&node->lower, index, bytes, length, whole);
    if (error < 0)
        return error;
    if (*length > node->lower_size - index * PAGE_SIZE) {
        *length = node->lower_size - index * PAGE_SIZE;
        *whole = false;
    }
    return 0;
}

/* A page of the file's own in the place of what was there before. */
static int make_page(struct tmpfs_inode *node, uint64_t index, void **page)
{
    struct super_block *super = node->inode.super;
    const uint8_t *bytes;
    size_t length;
    bool whole;
    int error = lower_block(node, index, &bytes, &length, &whole);

    if (error < 0)
        return error;
    if (super->pages >= super->pages_max)
        return -ENOSPC;
    *page = page_alloc();
    if (!*page)
        return -ENOSPC;
    if (bytes)
        memcpy(*page, bytes, length);
    if (radix_set(&node->file.pages, index, *page) < 0) {
        page_release(*page);
        return -ENOSPC;
    }
    super->pages++;
    node->file.page_count++;
    if (node->inode.mappings > 0)
        unmap_file_pages(&node->inode, index, index, false);
    return 0;
}

static int own_page(struct tmpfs_inode *node, uint64_t index, void **page)
{
    *page = radix_get(&node->file.pages, index);
    return *page ? 0 : make_page(node, index, page);
}

static void drop_pages(struct tmpfs_inode *node, uint64_t first, uint64_t last, bool with_copies)
{
    uint64_t dropped;

    if (node->inode.mappings > 0)
        unmap_file_pages(&node->inode, first, last, with_copies);
    dropped = radix_remove(&node->file.pages, first, last);
    node->file.page_count -= dropped;
    node->inode.super->pages -= dropped;
}

void tmpfs_drop_pages(struct tmpfs_inode *node)
{
    drop_pages(node, 0, RADIX_NONE, true);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static int file_page(struct inode *inode, uint64_t index, enum page_use use, void **page)
{
    struct tmpfs_inode *node = tmpfs_of(inode);
    const uint8_t *bytes;
    size_t length;
    bool whole;

    if (index >= pages_of(inode->size))
        return -EFAULT;
    if (use == PAGE_WRITE && node->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    *page = radix_get(&node->file.pages, index);
    if (*page)
        return 0;
    if (use == PAGE_READ) {
        int error = lower_block(node, index, &bytes, &length, &whole);

        if (error < 0)
            return error;
        if (bytes && whole && is_zero(bytes + length, PAGE_SIZE - length)) {
            *page = (void *)bytes;
            return 0;
        }
    }
    return make_page(node, index, page);
}

/* Bytes of one page, from `offset` in it on. */
static long read_page(const struct tmpfs_inode *node, uint64_t index, size_t offset, size_t size,
                      struct iter *to)
{
    const uint8_t *bytes = radix_get(&node->file.pages, index);
    size_t length = PAGE_SIZE;

    if (!bytes) {
        bool whole;
        int error = lower_block(node, index, &bytes, &length, &whole);

        if (error < 0)
            return error;
    }
    if (!bytes || offset >= length)
        return iter_zero(to, size);
    return iter_put(to, bytes + offset, size < length - offset ? size : length - offset);
}

static long file_read(struct file *file, struct iter *to, uint64_t *position)
{
    const struct inode *inode = file->inode;
    long done = 0, part = 1;

    while (part > 0 && to->left > 0 && *position < inode->size) {
        const size_t offset = *position % PAGE_SIZE;
        size_t size = PAGE_SIZE - offset;

        size = size < to->left ? size : to->left;
        size = size < inode->size - *position ? size : inode->size - *position;
        part = read_page(tmpfs_of(file->inode), *position / PAGE_SIZE, offset, size, to);
        if (part > 0) {
            done += part;
            *position += (uint64_t)part;
        }
    }
    if (!(file->flags & O_NOATIME))
        inode_access(file->inode);
    if (done > 0)
        notify_dentry(file->dentry, IN_ACCESS);
    return done > 0 || part > 0 ? done : part;
}

/* How much may be written at a position: -EFBIG if nothing. */
static long writable(const struct tmpfs_inode *node, uint64_t position, size_t size)
{
    const uint64_t own = current_size_limit(), limit = own < INT64_MAX ? own : INT64_MAX;

    if (size == 0)
        return 0;
    if (node->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ||
        (node->seals & F_SEAL_GROW && position + size > node->inode.size))
        return -EPERM;
    if (position >= limit)
        return position >= own ? current_size_exceeded() : -EFBIG;
    return size < limit - position ? (long)size : (long)(limit - position);
}

static long file_write(struct file *file, struct iter *from, uint64_t *position)
{
    struct inode *inode = file->inode;
    long done = 0, part = 1, size;

    if (file->flags & O_APPEND)
        *position = inode->size;
    size = writable(tmpfs_of(inode), *position, from->left);
    if (size < 0)
        return size;
    if (size > 0)
        drop_privileges(inode);
    while (part > 0 && done < size) {
        const size_t offset = *position % PAGE_SIZE;
        size_t most = PAGE_SIZE - offset;
        void *page;

        part = own_page(tmpfs_of(inode), *position / PAGE_SIZE, &page);
        if (part < 0)
            break;
        most = most < (size_t)(size - done) ? most : (size_t)(size - done);
        part = iter_take(from, (uint8_t *)page + offset, most);
        if (part > 0) {
            done += part;
            *position += (uint64_t)part;
            inode->size = *position > inode->size ? *position : inode->size;
        }
    }
    if (done > 0) {
        inode_touch(inode, true);
        notify_dentry(file->dentry, IN_MODIFY);
    }
    return done > 0 || part > 0 ? done : part;
}

/* Bytes `from` to `to` read as zeros from now on, where a page of the file's own has them. */
static void zero_bytes(struct tmpfs_inode *node, uint64_t from, uint64_t to)
{
    uint8_t *page = radix_get(&node->file.pages, from / PAGE_SIZE);

    if (page && from < to)
        memset(page + from % PAGE_SIZE, 0, to - from);
}

int tmpfs_truncate(struct inode *inode, uint64_t size)
{
    struct tmpfs_inode *node = tmpfs_of(inode);

    if ((node->seals & F_SEAL_SHRINK && size < inode->size) ||
        (node->seals & F_SEAL_GROW && size > inode->size))
        return -EPERM;
    drop_privileges(inode);
    if (size < inode->size) {
        const uint64_t edge = pages_of(size);

        zero_bytes(node, size, edge * PAGE_SIZE);
        if (inode->mappings > 0 && size % PAGE_SIZE > 0)
            unmap_file_pages(inode, edge - 1, edge - 1,
                             false); /* a lower page would show the rest */
        drop_pages(node, edge, RADIX_NONE, true);
        node->lower_size = size < node->lower_size ? size : node->lower_size;
    }
    inode->size = size;
    inode_touch(inode, true);
    return 0;
}

int tmpfs_allocate(struct inode *inode, uint64_t first, uint64_t last)
{
    struct tmpfs_inode *node = tmpfs_of(inode);
    const struct super_block *super = inode->super;
    int error = 0;

    if (last - first >= super->pages_max - super->pages + node->file.page_count)
        return -ENOSPC;
    for (uint64_t index = first; error == 0 && index <= last; index++) {
        void *page;

        error = own_page(node, index, &page);
    }
    return error;
}

int tmpfs_punch(struct inode *inode, uint64_t from, uint64_t to)
{
    struct tmpfs_inode *node = tmpfs_of(inode);
    const uint64_t first = pages_of(from), last = to / PAGE_SIZE; /* whole ones: below last */
    const uint64_t lower = pages_of(node->lower_size);
    void *page;
    int error = 0;

    if (node->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    /* What would show through from below has to be covered. */
    for (uint64_t index = from / PAGE_SIZE; error == 0 && index < pages_of(to) && index < lower;
         index++) {
        error = own_page(node, index, &page);
        if (error == 0 && index >= first && index < last)
            memset(page, 0, PAGE_SIZE);
    }
    if (error < 0)
        return error;
    if (first > last) {
        zero_bytes(node, from, to);
    } else {
        zero_bytes(node, from, first * PAGE_SIZE);
        zero_bytes(node, last * PAGE_SIZE, to);
    }
    if (last > first && last > lower)
        drop_pages(node, first > lower ? first : lower, last - 1, false);
    inode_touch(inode, true);
    return 0;
}

static bool has_data(const struct tmpfs_inode *node, uint64_t index)
{
    const uint8_t *bytes;
    size_t length;
    bool whole;

    return radix_get(&node->file.pages, index) ||
           (lower_block(node, index, &bytes, &length, &whole) == 0 && bytes);
}

uint64_t tmpfs_seek(struct inode *inode, uint64_t position, bool hole)
{
    const struct tmpfs_inode *node = tmpfs_of(inode);
    uint64_t index = position / PAGE_SIZE;

    while (index < pages_of(inode->size)) {
        const bool data = has_data(node, index);

        if (data != hole)
            return index * PAGE_SIZE > position ? index * PAGE_SIZE : position;
        if (!data && index >= pages_of(node->lower_size)) /* holes may be large */
            index = radix_next(&node->file.pages, index);
        else
            index++;
    }
    return inode->size;
}

uint64_t tmpfs_blocks(struct inode *inode)
{
    const struct tmpfs_inode *node = tmpfs_of(inode);
    uint64_t pages = pages_of(node->lower_size);

    if (!S_ISREG(inode->mode))
        return (inode->size + 511) / 512;
    if (node->file.page_count > pages)
        pages = node->file.page_count;
    return pages * (PAGE_SIZE / 512);
}

const struct file_operations tmpfs_file = {
    .read = file_read,
    .write = file_write,
    .seekable = true,
};

const struct inode_operations tmpfs_file_inode = {
    .page = file_page,
    .attribute = tmpfs_attribute,
    .evict = tmpfs_evict,
};
