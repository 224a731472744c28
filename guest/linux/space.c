/* Address spaces and their areas. */
#include "space.h"

#include "kernel.h"
#include "table.h"

#include <asm/errno.h>
#include <linux/mman.h>

#define LOWEST 0x10000ul /* as vm.mmap_min_addr */

static struct space *running; /* whose table CR3 has */

struct space *space_new(void)
{
    struct space *space = kzalloc(sizeof(*space));

    if (space == NULL)
        return NULL;
    space->table = table_new();
    if (space->table == NULL) {
        kfree(space);
        return NULL;
    }
    space->references = 1;
    space->top = USER_END;
    return space;
}

struct space *space_get(struct space *space)
{
    space->references++;
    return space;
}

/* Private pages, and those that are shared, are the copy's as well; what may be written to a
 * private one has to be found out by a fault, in both. */
static bool copy_entries(struct space *from, struct space *to, const struct area *area)
{
    const bool is_private = (area->flags & MAP_TYPE) == MAP_PRIVATE;
    uint64_t *entry;

    if (area->is_wiped)
        return true;
    for (uint64_t at = area->start; (entry = table_next(from->table, &at, area->end)) != NULL;
         at += PAGE_SIZE) {
        uint64_t *copy = table_make_entry(to->table, at);

        if (copy == NULL)
            return false;
        if (is_private)
            *entry &= ~ENTRY_WRITABLE & ~ENTRY_DIRTY;
        page_hold(entry_page(*entry));
        *copy = *entry;
    }
    return true;
}

static void free_area(struct area *area)
{
    if (area->file != NULL) {
        inode_unmapped(area->file->inode);
        file_put(area->file);
    }
    kfree(area);
}

void space_put(struct space *space)
{
    if (--space->references > 0)
        return;
    space_drop(space, 0, USER_END);
    for (size_t i = 0; i < space->count; i++)
        free_area(space->areas[i]);
    kfree(space->areas);
    table_free(space->table);
    if (space == running)
        running = NULL;
    kfree(space);
}

void space_switch(struct space *space)
{
    if (space == running)
        return;
    running = space;
    ring0_load_cr3(physical(space->table));
}

void space_flush(const struct space *space, uint64_t start, uint64_t end)
{
    if (space != running)
        return;
    if (end - start == PAGE_SIZE)
        ring0_invlpg(start);
    else
        ring0_load_cr3(physical(space->table));
}

size_t space_index(const struct space *space, uint64_t address)
{
    size_t low = 0, high = space->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (space->areas[middle]->end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct area *space_find(const struct space *space, uint64_t address)
{
    size_t index = space_index(space, address);

    return index < space->count ? space->areas[index] : NULL;
}

struct area *space_find_at(const struct space *space, uint64_t address)
{
    struct area *area = space_find(space, address);

    return area != NULL && area->start <= address ? area : NULL;
}

bool space_is_user(uint64_t address, uint64_t size)
{
    if (size > USER_END || address > USER_END - size)
        return false;
    return address + size <= DIRECT_MAP || address >= DIRECT_MAP_END;
}

long space_place(const struct space *space, uint64_t hint, uint64_t size)
{
    hint &= ~PAGE_MASK;
    if (hint >= LOWEST && space_is_user(hint, size)) {
        const struct area *next = space_find(space, hint);
        if (next == NULL || next->start >= hint + size)
            return (long)hint;
    }

    /* The highest gap that is large enough. */
    uint64_t end = space->top;
    for (size_t i = space_index(space, end);; i--) {
        uint64_t below = i > 0 ? space->areas[i - 1]->end : LOWEST;

        if (end > below && end - below >= size) {
            if (space_is_user(end - size, size))
                return (long)(end - size);
            if (below < DIRECT_MAP && DIRECT_MAP - below >= size)
                return (long)(DIRECT_MAP - size);
        }
        if (i == 0)
            return -ENOMEM;
        if (space->areas[i - 1]->start < end)
            end = space->areas[i - 1]->start;
    }
}

static bool make_room(struct space *space)
{
    if (space->count < space->capacity)
        return true;

    size_t capacity = space->capacity > 0 ? space->capacity * 2 : 32;
    struct area **areas = krealloc(space->areas, capacity * sizeof(areas[0]));
    if (areas == NULL)
        return false;
    space->areas = areas;
    space->capacity = capacity;
    return true;
}

static struct area *insert(struct space *space, const struct area *from)
{
    struct area *area = make_room(space) ? kmalloc(sizeof(*area)) : NULL;

    if (area == NULL)
        return NULL;
    *area = *from;
    if (area->file != NULL) {
        file_get(area->file);
        inode_mapped(area->file->inode);
    }

    size_t index = space_index(space, area->start);
    memmove(&space->areas[index + 1], &space->areas[index],
            (space->count - index) * sizeof(space->areas[0]));
    space->areas[index] = area;
    space->count++;
    return area;
}

static void remove_areas(struct space *space, size_t first, size_t after)
{
    for (size_t i = first; i < after; i++) {
        space->mapped -= space->areas[i]->end - space->areas[i]->start;
        free_area(space->areas[i]);
    }
    memmove(&space->areas[first], &space->areas[after],
            (space->count - after) * sizeof(space->areas[0]));
    space->count -= after - first;
}

/* Whether `next` goes on where `area` ends. */
static bool continues(const struct area *area, const struct area *next)
{
    return area->end == next->start && area->protection == next->protection &&
           area->flags == next->flags && area->file == next->file && area->name == next->name &&
           area->is_wiped == next->is_wiped &&
           (area->file == NULL || area->offset + (area->end - area->start) == next->offset);
}

/* Joins the areas on both sides of the address, if they are of one kind. */
static void join(struct space *space, uint64_t address)
{
    size_t index = space_index(space, address);

    if (index == 0 || index == space->count)
        return;

    struct area *below = space->areas[index - 1], *above = space->areas[index];
    if (!continues(below, above))
        return;
    below->end = above->end;
    above->start = above->end; /* so that it counts for nothing */
    remove_areas(space, index, index + 1);
}

/* Joins those of a range, and the ones on both sides of it, that are of one kind now. */
static void join_range(struct space *space, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end;) {
        const struct area *area = space_find(space, at);
        uint64_t next = area != NULL ? area->end : end;

        join(space, at);
        at = next;
    }
    join(space, end);
}

int space_add(struct space *space, const struct area *area)
{
    size_t index = space_index(space, area->start);

    space->mapped += area->end - area->start;
    if (index > 0 && continues(space->areas[index - 1], area)) {
        space->areas[index - 1]->end = area->end;
    } else if (insert(space, area) == NULL) {
        space->mapped -= area->end - area->start;
        return -ENOMEM;
    }
    join(space, area->end);
    return 0;
}

int space_split(struct space *space, uint64_t address)
{
    struct area *area = space_find_at(space, address);

    if (area == NULL || area->start == address)
        return 0;

    struct area above = *area;
    above.start = address;
    above.offset += address - area->start;
    area->end = address;
    if (insert(space, &above) != NULL)
        return 0;
    area->end = above.end;
    return -ENOMEM;
}

static int cut(struct space *space, uint64_t start, uint64_t end)
{
    int error = space_split(space, start);

    return error != 0 ? error : space_split(space, end);
}

int space_unmap(struct space *space, uint64_t start, uint64_t end)
{
    const struct area *next = space_find(space, start);

    if (next == NULL || next->start >= end)
        return 0;

    int error = cut(space, start, end);
    if (error != 0)
        return error;
    space_drop(space, start, end);
    remove_areas(space, space_index(space, start),
                 space_index(space, end - 1) + (space_find_at(space, end - 1) != NULL));
    return 0;
}

struct space *space_copy(struct space *space)
{
    struct space *copy = space_new();
    bool is_complete = copy != NULL;

    for (size_t i = 0; is_complete && i < space->count; i++)
        is_complete =
            insert(copy, space->areas[i]) != NULL && copy_entries(space, copy, space->areas[i]);
    space_flush(space, 0, USER_END); /* its entries lost the right to write */
    if (copy == NULL)
        return NULL;
    copy->heap_start = space->heap_start;
    copy->heap_end = space->heap_end;
    copy->top = space->top;
    copy->stack_limit = space->stack_limit;
    copy->arguments = space->arguments;
    copy->arguments_end = space->arguments_end;
    copy->environment_end = space->environment_end;
    copy->mapped = space->mapped;
    if (is_complete)
        return copy;
    space_put(copy);
    return NULL;
}

/* Gives the entries of an area its protection. Whether one that was present lost a right. */
static bool update_entries(struct space *space, const struct area *area)
{
    bool lost = false;
    uint64_t *entry;

    for (uint64_t at = area->start; (entry = table_next(space->table, &at, area->end)) != NULL;
         at += PAGE_SIZE) {
        void *page = entry_page(*entry);
        uint64_t new = physical(page) | area_entry_flags(area, page, false);
        const uint64_t rights = ENTRY_PRESENT | ENTRY_WRITABLE;

        if ((*entry & ENTRY_PRESENT) != 0 &&
            ((*entry & ~new &rights) != 0 || (~*entry & new &ENTRY_NO_EXECUTE) != 0))
            lost = true;
        *entry = new;
    }
    return lost;
}

int space_protect(struct space *space, uint64_t start, uint64_t end, uint32_t protection)
{
    uint64_t covered = start;
    bool lost = false;
    int error = cut(space, start, end);

    if (error != 0)
        return error;
    for (size_t i = space_index(space, start); i < space->count; i++) {
        struct area *area = space->areas[i];

        if (area->start != covered || area->start >= end)
            break;
        area->protection = protection;
        lost |= update_entries(space, area);
        covered = area->end;
    }
    join_range(space, start, end);
    if (lost)
        space_flush(space, start, end);
    return covered >= end ? 0 : -ENOMEM;
}

int space_wipe(struct space *space, uint64_t start, uint64_t end, bool is_wiped)
{
    int error = cut(space, start, end);

    for (size_t i = space_index(space, start); error == 0 && i < space->count; i++) {
        struct area *area = space->areas[i];

        if (area->start >= end)
            break;
        if (is_wiped && area->file != NULL)
            error = -EINVAL;
        else
            area->is_wiped = is_wiped;
    }
    join_range(space, start, end);
    return error;
}
