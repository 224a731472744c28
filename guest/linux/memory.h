/*
 * Memory of the kernel: physical pages, small allocations, and memory of the program. All RAM and
 * all images are mapped, from DIRECT_MAP on, in every address space, so that a physical address is
 * a pointer and back.
 */
#ifndef LINUX_MEMORY_H
#define LINUX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (PAGE_SIZE - 1)

/* Slot 128 of the top page table: in the middle of the lower half, where no program looks. */
#define DIRECT_MAP 0x400000000000ul

static inline void *direct(uint64_t physical)
{
    return (void *)(DIRECT_MAP + physical);
}

static inline uint64_t physical(const void *pointer)
{
    return (uint64_t)pointer - DIRECT_MAP;
}

/* Pages. All are zeroed; NULL when memory is full, which is ENOMEM (or ENOSPC) for who asked. */
void *page_alloc(void);
void *pages_alloc(unsigned order); /* 2^order pages in a row, on a boundary of their size */
void page_hold(void *page);        /* one more reference: a second mapping, a page cache */
void page_release(void *page);     /* one less; the last one frees the page, or the row */
unsigned page_references(const void *page);
bool page_is_ram(uint64_t physical); /* or else of an image: never freed, never written */

size_t pages_total(void);
size_t pages_free(void);

/* Small allocations, aligned to 16 bytes; not zeroed by kmalloc. NULL when memory is full. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);
void *krealloc(void *old, size_t size); /* on failure NULL, and the old one is still there */
void kfree(void *pointer);              /* NULL is fine */

/*
 * Memory of the running program. 0, or -EFAULT where it may not be read or written; what lies
 * before the bad place may have been copied.
 */
int copy_from_user(void *to, const void *user, size_t size);
int copy_to_user(void *user, const void *from, size_t size);
int zero_user(void *user, size_t size);

/* A string with its NUL: its length without it, -EFAULT, or -ENAMETOOLONG if `size` is too small.
 */
long string_from_user(char *to, const char *user, size_t size);

#endif
