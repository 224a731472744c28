/*
 * Entries of address spaces: filled on a fault or ahead of it, copied when a private page is
 * written, dropped. A fault costs more than sixty entries do, so each one fills its surroundings.
 *
 * An entry that gains rights, or is new, needs no flush: the processor looks again before it
 * faults, and a fault drops what it knew of the address.
 */
#include "kernel.h"
#include "process.h"
#include "space.h"
#include "table.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/mman.h>

#define AROUND      (64 * PAGE_SIZE)
#define STACK_GUARD (256 * PAGE_SIZE) /* stays free below a stack that grows, as on Linux */

static bool is_private(const struct area *area)
{
    return (area->flags & MAP_TYPE) == MAP_PRIVATE;
}

static bool is_exclusive(const struct area *area, const void *page)
{
    return is_private(area) && page_is_ram(physical(page)) && page_references(page) == 1;
}

uint64_t area_entry_flags(const struct area *area, const void *page, bool may_write)
{
    uint64_t flags = ENTRY_USER | ENTRY_ACCESSED;

    flags |= area->protection != PROT_NONE ? ENTRY_PRESENT : ENTRY_KEPT;
    if ((area->protection & PROT_EXEC) == 0)
        flags |= ENTRY_NO_EXECUTE;
    if ((area->protection & PROT_WRITE) != 0 && (may_write || is_exclusive(area, page)))
        flags |= ENTRY_WRITABLE | ENTRY_DIRTY;
    return flags;
}

static void set_entry(uint64_t *entry, const struct area *area, const void *page, bool may_write)
{
    *entry = physical(page) | area_entry_flags(area, page, may_write);
}

/*
 * Pages that have their entries, and wait for their bytes. A shadowing hypervisor that is asked for
 * one page maps its neighbours too, if they have entries by then: so a range gets all of them
 * first. Bytes are written where the program sees them: each place where a page is touched first
 * costs a fault of the host.
 */
struct copies {
    size_t count;
    struct {
        void *to;
        const void *from;
    } list[32];
};

static void finish_copies(struct copies *copies)
{
    for (size_t i = 0; i < copies->count; i++)
        memcpy(copies->list[i].to, copies->list[i].from, PAGE_SIZE);
    copies->count = 0;
}

/* Gives the address a page of its own for what the old one has, whose reference is the caller's. */
static int copy_page(const struct area *area, uint64_t address, uint64_t *entry, const void *old,
                     struct copies *copies)
{
    void *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    set_entry(entry, area, page, true);
    copies->list[copies->count].to = (void *)address;
    copies->list[copies->count].from = old;
    copies->count++;
    if (copies->count == ARRAY_SIZE(copies->list))
        finish_copies(copies);
    return 0;
}

static int file_page(const struct area *area, uint64_t address, enum page_use use, void **page)
{
    return inode_page(area->file->inode, (area->offset + address - area->start) >> PAGE_SHIFT, use,
                      page);
}

/* Fills an entry that is zero; 0 or -errno. */
static int fill(const struct area *area, uint64_t address, uint64_t *entry, enum access access,
                struct copies *copies)
{
    bool write = access == ACCESS_WRITE;
    void *page;

    if (area->file == NULL) {
        page = page_alloc();
        if (page == NULL)
            return -ENOMEM;
        set_entry(entry, area, page, true);
        return 0;
    }

    bool shared_write = write && !is_private(area);
    int error = file_page(area, address, shared_write ? PAGE_WRITE : PAGE_READ, &page);
    if (error != 0)
        return error;
    if (write && is_private(area))
        return copy_page(area, address, entry, page, copies);
    page_hold(page);
    set_entry(entry, area, page, shared_write);
    return 0;
}

/* A write to what may be written but not yet: gives the space a page of its own. */
static int make_writable(const struct area *area, uint64_t address, uint64_t *entry)
{
    void *old = entry_page(*entry), *page = old;

    if (!is_private(area)) {
        page_hold(old); /* the file may let go of it */
        int error = file_page(area, address, PAGE_WRITE, &page);
        if (error == 0)
            page_hold(page);
        if (error == 0 && *entry != 0)
            page_release(old); /* the entry's reference */
        page_release(old);
        if (error != 0)
            return error;
    } else if (!is_exclusive(area, old)) {
        struct copies copies = {0};
        int error = copy_page(area, address, entry, old, &copies);

        if (error != 0)
            return error;
        finish_copies(&copies);
        page_release(old);
        return 0;
    }
    set_entry(entry, area, page, true);
    return 0;
}

static bool is_memory_scarce(void)
{
    return pages_free() < pages_total() / 16;
}

/* Fills the entries that are zero in a part of one area. */
static void fill_range(struct space *space, const struct area *area, uint64_t start, uint64_t end,
                       enum access access)
{
    struct copies copies = {0};

    for (uint64_t at = start; at < end && !is_memory_scarce(); at += PAGE_SIZE) {
        uint64_t *entry = table_make_entry(space->table, at);

        if (entry == NULL || (*entry == 0 && fill(area, at, entry, access, &copies) != 0))
            break;
        if (access == ACCESS_WRITE && (*entry & ENTRY_WRITABLE) == 0 &&
            make_writable(area, at, entry) != 0)
            break;
    }
    finish_copies(&copies);
}

static bool is_allowed(const struct area *area, enum access access)
{
    switch (access) {
    case ACCESS_WRITE:
        return (area->protection & PROT_WRITE) != 0;
    case ACCESS_EXECUTE:
        return (area->protection & PROT_EXEC) != 0;
    default:
        return area->protection != PROT_NONE;
    }
}

void space_populate(struct space *space, uint64_t start, uint64_t end, enum access access)
{
    for (size_t i = space_index(space, start); i < space->count; i++) {
        const struct area *area = space->areas[i];

        if (area->start >= end)
            return;
        if (is_allowed(area, access))
            fill_range(space, area, area->start > start ? area->start : start,
                       area->end < end ? area->end : end, access);
    }
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The area of an address, after a stack has grown to it if that is what lies above. */
static struct area *find_or_grow(struct space *space, uint64_t address)
{
    struct area *area = space_find(space, address);

    if (area == NULL || area->start <= address)
        return area;
    if ((area->flags & MAP_GROWSDOWN) == 0 || area->end - address > space->stack_limit)
        return NULL;

    uint64_t start = max(address & ~(AROUND - 1), area->end - min(space->stack_limit, area->end));
    size_t index = space_index(space, address);
    if (index > 0 && space->areas[index - 1]->end + STACK_GUARD > start)
        return NULL;
    space->mapped += area->start - start;
    area->start = start;
    return area;
}

static struct fault failed(int error)
{
    if (error == -ENOMEM)
        return (struct fault){.signal = SIGKILL, .code = SI_KERNEL};
    return (struct fault){.signal = SIGBUS, .code = BUS_ADRERR};
}

struct fault space_fault(struct space *space, uint64_t address, enum access access)
{
    address &= ~PAGE_MASK;

    const struct area *area = space_is_user(address, 1) ? find_or_grow(space, address) : NULL;
    if (area == NULL)
        return (struct fault){.signal = SIGSEGV, .code = SEGV_MAPERR};
    if (!is_allowed(area, access))
        return (struct fault){.signal = SIGSEGV, .code = SEGV_ACCERR};

    uint64_t *entry = table_make_entry(space->table, address);
    if (entry == NULL)
        return failed(-ENOMEM);
    int error = 0;
    if (*entry == 0) {
        struct copies copies = {0};

        error = fill(area, address, entry, access, &copies);
        finish_copies(&copies);
        if (error == 0)
            fill_range(space, area, max(area->start, address & ~(AROUND - 1)),
                       min(area->end, (address & ~(AROUND - 1)) + AROUND), ACCESS_READ);
    } else if (access == ACCESS_WRITE && (*entry & ENTRY_WRITABLE) == 0) {
        error = make_writable(area, address, entry);
    }
    return error == 0 ? (struct fault){.signal = 0} : failed(error);
}

void space_drop(struct space *space, uint64_t start, uint64_t end)
{
    bool was_present = false;
    uint64_t *entry;

    for (uint64_t at = start; (entry = table_next(space->table, &at, end)) != NULL;
         at += PAGE_SIZE) {
        was_present |= (*entry & ENTRY_PRESENT) != 0;
        page_release(entry_page(*entry));
        *entry = 0;
    }
    if (was_present)
        space_flush(space, start, end);
}

static void unmap_in_space(struct space *space, const struct inode *inode, uint64_t first,
                           uint64_t last, bool with_copies)
{
    bool was_present = false;

    for (size_t i = 0; i < space->count; i++) {
        const struct area *area = space->areas[i];
        uint64_t *entry;

        if (area->file == NULL || area->file->inode != inode)
            continue;
        for (uint64_t at = area->start; (entry = table_next(space->table, &at, area->end)) != NULL;
             at += PAGE_SIZE) {
            uint64_t index = (area->offset + at - area->start) >> PAGE_SHIFT;

            if (index < first || index > last ||
                (!with_copies && is_exclusive(area, entry_page(*entry))))
                continue;
            was_present |= (*entry & ENTRY_PRESENT) != 0;
            page_release(entry_page(*entry));
            *entry = 0;
        }
    }
    if (was_present)
        space_flush(space, 0, USER_END);
}

void unmap_file_pages(struct inode *inode, uint64_t first, uint64_t last, bool with_copies)
{
    for (struct process *process = process_first(); process != NULL;
         process = process_next(process))
        if (process->space != NULL)
            unmap_in_space(process->space, inode, first, last, with_copies);
}
