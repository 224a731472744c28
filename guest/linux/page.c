/*
 * Physical pages: a buddy allocator. Memory that was never used is known to be zero, and the host
 * has not given it yet; so it is taken last, and not touched before it is needed.
 */
#include "page.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"

#define ORDER_MAX 9
#define NONE      0u /* page 0 is nobody's */

/* One for each page of RAM, and of the hole in it. */
struct page {
    uint32_t references; /* 0: free, or not the first of its row */
    uint8_t order;       /* of the row that it begins */
    bool is_free;        /* it begins a free row */
    bool is_zero;
    uint8_t size_class; /* of what kmalloc() made of it; 0: a row of pages */
    uint32_t next, previous;
};

static struct page *pages;
static uint32_t free_rows[2][ORDER_MAX + 1]; /* by is_zero: the first of each list */
static uint64_t frontier, frontier_end;      /* never used */
static uint64_t high_end;                    /* of RAM above the hole */
static size_t total_count, free_count;

extern uint8_t kernel_end[];

static uint32_t number_of(const void *page)
{
    return (uint32_t)(physical(page) >> PAGE_SHIFT);
}

static void list_add(uint32_t number, unsigned order, bool is_zero)
{
    uint32_t *head = &free_rows[is_zero][order];

    pages[number] = (struct page){
        .order = (uint8_t)order,
        .is_free = true,
        .is_zero = is_zero,
        .next = *head,
        .previous = NONE,
    };
    if (*head != NONE)
        pages[*head].previous = number;
    *head = number;
}

static void list_remove(uint32_t number)
{
    struct page *page = &pages[number];

    if (page->previous != NONE)
        pages[page->previous].next = page->next;
    else
        free_rows[page->is_zero][page->order] = page->next;
    if (page->next != NONE)
        pages[page->next].previous = page->previous;
    page->is_free = false;
}

static void free_row(uint32_t number, unsigned order, bool is_zero)
{
    while (order < ORDER_MAX) {
        uint32_t other = number ^ (1u << order);
        struct page *buddy = &pages[other];

        if (!buddy->is_free || buddy->order != order || buddy->is_zero != is_zero)
            break;
        list_remove(other);
        number &= ~(1u << order);
        order++;
    }
    list_add(number, order, is_zero);
}

/* Makes the next never used row a free one. */
static bool advance_frontier(void)
{
    unsigned order = ORDER_MAX;

    if (frontier == frontier_end && frontier < LINUX_RAM_HIGH && high_end > LINUX_RAM_HIGH) {
        frontier = LINUX_RAM_HIGH;
        frontier_end = high_end;
    }
    if (frontier == frontier_end)
        return false;
    while ((frontier & ((PAGE_SIZE << order) - 1)) != 0 ||
           frontier + (PAGE_SIZE << order) > frontier_end)
        order--;
    list_add((uint32_t)(frontier >> PAGE_SHIFT), order, true);
    frontier += PAGE_SIZE << order;
    return true;
}

static uint32_t take_row(unsigned order)
{
    for (int is_zero = 0; is_zero <= 1; is_zero++)
        for (unsigned larger = order; larger <= ORDER_MAX; larger++) {
            uint32_t number = free_rows[is_zero][larger];

            if (number == NONE)
                continue;
            list_remove(number);
            while (larger > order) {
                larger--;
                list_add(number + (1u << larger), larger, is_zero);
            }
            return number;
        }
    return NONE;
}

void *pages_alloc(unsigned order)
{
    uint32_t number;

    if (order > ORDER_MAX)
        return NULL;
    while ((number = take_row(order)) == NONE)
        if (!advance_frontier())
            return NULL;

    bool is_zero = pages[number].is_zero;
    void *row = direct((uint64_t)number << PAGE_SHIFT);

    pages[number] = (struct page){.references = 1, .order = (uint8_t)order};
    free_count -= 1ul << order;
    if (!is_zero)
        memset(row, 0, PAGE_SIZE << order);
    return row;
}

void *page_alloc(void)
{
    return pages_alloc(0);
}

void page_hold(void *page)
{
    if (page_is_ram(physical(page)))
        pages[number_of(page)].references++;
}

void page_release(void *page)
{
    uint32_t number = number_of(page);

    if (!page_is_ram(physical(page)) || --pages[number].references > 0)
        return;
    free_count += 1ul << pages[number].order;
    free_row(number, pages[number].order, false);
}

unsigned page_references(const void *page)
{
    return pages[number_of(page)].references;
}

bool page_is_ram(uint64_t physical)
{
    return physical < LINUX_TIME;
}

size_t pages_total(void)
{
    return total_count;
}

size_t pages_free(void)
{
    return free_count;
}

void page_set_class(void *page, unsigned size_class)
{
    pages[number_of(page)].size_class = (uint8_t)size_class;
}

unsigned page_class(const void *page)
{
    return pages[number_of(page)].size_class;
}

size_t page_row_size(const void *page)
{
    return PAGE_SIZE << pages[number_of(page)].order;
}

void pages_start(uint64_t ram)
{
    uint64_t low_end = ram < LINUX_RAM_LOW_MAX ? ram : LINUX_RAM_LOW_MAX;

    high_end = ram > LINUX_RAM_LOW_MAX ? LINUX_RAM_HIGH + ram - LINUX_RAM_LOW_MAX : 0;

    uint64_t count = (high_end > 0 ? high_end : low_end) >> PAGE_SHIFT;
    count = (count + (1u << ORDER_MAX)) & ~((1ul << ORDER_MAX) - 1); /* each has its buddy */
    uint64_t start = physical(kernel_end) + count * sizeof(struct page);

    if (start + (1ul << 20) > low_end)
        panic("%lu KiB of memory are too few: raise --mem", (unsigned long)(ram >> 10));
    pages = (struct page *)kernel_end;
    frontier = (start + PAGE_MASK) & ~PAGE_MASK;
    frontier_end = low_end;
    free_count =
        (low_end - frontier + (high_end > 0 ? high_end - LINUX_RAM_HIGH : 0)) >> PAGE_SHIFT;
    total_count = free_count;
}
