/* Page tables: the entry of an address. */
#ifndef LINUX_TABLE_H
#define LINUX_TABLE_H

#include "memory.h"

#define ENTRY_PRESENT    (1ul << 0)
#define ENTRY_WRITABLE   (1ul << 1)
#define ENTRY_USER       (1ul << 2)
#define ENTRY_ACCESSED   (1ul << 5)
#define ENTRY_DIRTY      (1ul << 6)
#define ENTRY_LARGE      (1ul << 7)
#define ENTRY_KEPT       (1ul << 9) /* ours: holds a page though it is not present (PROT_NONE) */
#define ENTRY_NO_EXECUTE (1ul << 63)
#define ENTRY_ADDRESS    0x000ffffffffff000ul

/* Accessed and dirty are set from the start: a shadowing hypervisor then maps neighbours ahead, and
 * does not have to set them itself. */
#define ENTRY_TABLE (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY)

/* The end of what a program can have; the direct map lies within. */
#define USER_END       0x7ffffffff000ul
#define DIRECT_MAP_END (DIRECT_MAP + (1ul << 39))

/* Maps what is not mapped from the start (entry.asm): RAM above the first GiB, and the images. */
void table_start(void);

/* A top table with nothing but the direct map; NULL when memory is full. */
uint64_t *table_new(void);
void table_free(uint64_t *top); /* and all tables below, when no page is mapped any more */

/* The entry of an address; NULL where there is no table and, when asked to make it, no memory. */
uint64_t *table_entry(uint64_t *top, uint64_t address);
uint64_t *table_make_entry(uint64_t *top, uint64_t address);

/*
 * The next entry that is not zero in [*address, end), and its address; NULL when there is none.
 * Goes on behind it when *address is moved by a page.
 */
uint64_t *table_next(uint64_t *top, uint64_t *address, uint64_t end);

/* Ring 0 does these (entry.asm), in some 15 µs where it is emulated. */
void ring0_load_cr3(uint64_t table);
void ring0_invlpg(uint64_t address);

static inline void *entry_page(uint64_t entry)
{
    return direct(entry & ENTRY_ADDRESS);
}

#endif
