/*
 * Physical pages: a buddy allocator. Memory that was never used is known to be zero, and the host
 * has not given it yet; so it is taken last, in order, and not touched before it is needed. What
 * tells of pages is spread over memory for the same reason, a table for each section: all that a
 * small program and the kernel touch is then within the host's first huge page.
 */
#include "page.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"

#define ORDER_MAX     9
#define NONE          0u /* page 0 is nobody's */
#define SECTION_SIZE  (32ul << 20)
#define SECTION_PAGES (SECTION_SIZE >> PAGE_SHIFT)
#define TABLE_SIZE    (SECTION_PAGES * sizeof(struct page))

struct page {
    uint32_t references; /* 0: free, or not the first of its row */
    uint8_t order;       /* of the row that it begins */
    bool is_free;        /* it begins a free row */
    bool is_zero;
    uint8_t size_class; /* of what kmalloc() made of it; 0: a row of pages */
    uint32_t next, previous;
};

_Static_assert(TABLE_SIZE % PAGE_SIZE == 0, "a table is whole pages");

/* One table for each section of RAM that the frontier has reached: its first pages. */
static struct page *sections[LINUX_TIME / SECTION_SIZE];
static uint32_t free_rows[2][ORDER_MAX + 1]; /* by is_zero: the first of each list */
static uint64_t frontier, frontier_end;      /* never used */
static uint64_t high_end;                    /* of RAM above the hole */
static size_t total_count, free_count;

extern uint8_t kernel_end[];

static uint32_t number_of(const void *page)
{
    return (uint32_t)(physical(page) >> PAGE_SHIFT);
}

static struct page *page_of(uint32_t number)
{
    return &sections[number / SECTION_PAGES][number % SECTION_PAGES];
}

static struct page *find_page(const void *page)
{
    return page_of(number_of(page));
}

static void list_add(uint32_t number, unsigned order, bool is_zero)
{
    uint32_t *head = &free_rows[is_zero][order];

    *page_of(number) = (struct page){
        .order = (uint8_t)order,
        .is_free = true,
        .is_zero = is_zero,
        .next = *head,
        .previous = NONE,
    };
    if (*head != NONE)
        page_of(*head)->previous = number;
    *head = number;
}

static void list_remove(uint32_t number)
{
    struct page *page = page_of(number);

    if (page->previous != NONE)
        page_of(page->previous)->next = page->next;
    else
        free_rows[page->is_zero][page->order] = page->next;
    if (page->next != NONE)
        page_of(page->next)->previous = page->previous;
    page->is_free = false;
}

static void free_row(uint32_t number, unsigned order, bool is_zero)
{
    while (order < ORDER_MAX) {
        uint32_t other = number ^ (1u << order);
        struct page *buddy = page_of(other);

        if (!buddy->is_free || buddy->order != order || buddy->is_zero != is_zero)
            break;
        list_remove(other);
        number &= ~(1u << order);
        order++;
    }
    list_add(number, order, is_zero);
}

static void begin_section(void)
{
    sections[frontier / SECTION_SIZE] = direct(frontier);
    frontier += TABLE_SIZE;
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
    if (frontier % SECTION_SIZE == 0)
        begin_section();
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

    struct page *page = page_of(number);
    bool is_zero = page->is_zero;
    void *row = direct((uint64_t)number << PAGE_SHIFT);

    *page = (struct page){.references = 1, .order = (uint8_t)order};
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
        find_page(page)->references++;
}

void page_release(void *pointer)
{
    if (!page_is_ram(physical(pointer)))
        return;

    struct page *page = find_page(pointer);
    if (--page->references > 0)
        return;
    free_count += 1ul << page->order;
    free_row(number_of(pointer), page->order, false);
}

unsigned page_references(const void *page)
{
    return find_page(page)->references;
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
    find_page(page)->size_class = (uint8_t)size_class;
}

unsigned page_class(const void *page)
{
    return find_page(page)->size_class;
}

size_t page_row_size(const void *page)
{
    return PAGE_SIZE << find_page(page)->order;
}

/* Where the last section ends: one that its table would fill is not used. */
static uint64_t usable_end(uint64_t end)
{
    return end % SECTION_SIZE > TABLE_SIZE ? end : end - end % SECTION_SIZE;
}

/* The pages from `start` to `end`, without the tables of the sections that begin there. */
static size_t count_pages(uint64_t start, uint64_t end)
{
    const uint64_t tables =
        (end + SECTION_SIZE - 1) / SECTION_SIZE - (start + SECTION_SIZE - 1) / SECTION_SIZE;

    return (end - start - tables * TABLE_SIZE) >> PAGE_SHIFT;
}

void pages_start(uint64_t ram)
{
    sections[0] = (struct page *)kernel_end;
    frontier = physical(kernel_end) + TABLE_SIZE;
    frontier_end = usable_end(ram < LINUX_RAM_LOW_MAX ? ram : LINUX_RAM_LOW_MAX);
    if (frontier + (1ul << 20) > frontier_end)
        panic("%lu KiB of memory are too few: raise --mem", (unsigned long)(ram >> 10));
    free_count = count_pages(frontier, frontier_end);
    if (ram > LINUX_RAM_LOW_MAX) {
        high_end = usable_end(LINUX_RAM_HIGH + ram - LINUX_RAM_LOW_MAX);
        free_count += count_pages(LINUX_RAM_HIGH, high_end);
    }
    total_count = free_count;
}
