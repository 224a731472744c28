/* What page.c offers to the other parts of the kernel's memory. */
#ifndef LINUX_PAGE_H
#define LINUX_PAGE_H

#include <stddef.h>
#include <stdint.h>

void pages_start(uint64_t ram);

/* What kmalloc() made of a page: 0, a row of pages; else a size class. */
void page_set_class(void *page, unsigned size_class);
unsigned page_class(const void *page);
size_t page_row_size(const void *page);

#endif
