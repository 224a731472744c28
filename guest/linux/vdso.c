/* The vDSO: pages of the kernel's image in the address space of a program. */
#include "vdso.h"

#include "clock.h"
#include "table.h"

#include <linux/mman.h>

extern uint8_t vdso_image[], vdso_image_end[]; /* vdso_image.asm */

/* The page is the kernel's, too: so it is never freed, and copied where a program writes to it. */
static bool map_page(struct space *space, const struct area *area, uint64_t address, void *page)
{
    uint64_t *entry = table_make_entry(space->table, address);

    if (entry == NULL)
        return false;
    if (page_references(page) == 0)
        page_hold(page);
    page_hold(page);
    *entry = physical(page) | area_entry_flags(area, page, false);
    return true;
}

static bool map_pages(struct space *space, const struct area *area, uint8_t *first)
{
    if (space_add(space, area) != 0)
        return false;
    for (uint64_t at = area->start; at < area->end; at += PAGE_SIZE)
        if (!map_page(space, area, at, first + (at - area->start)))
            return false;
    return true;
}

uint64_t vdso_map(struct space *space)
{
    const uint64_t size = (uint64_t)(vdso_image_end - vdso_image);
    const long start = space_place(space, 0, PAGE_SIZE + size);

    if (start < 0)
        return 0;

    struct area clock = {
        .start = (uint64_t)start,
        .end = (uint64_t)start + PAGE_SIZE,
        .protection = PROT_READ,
        .flags = MAP_PRIVATE,
        .name = "[vvar]",
    };
    struct area code = {
        .start = clock.end,
        .end = clock.end + size,
        .protection = PROT_READ | PROT_EXEC,
        .flags = MAP_PRIVATE,
        .name = "[vdso]",
    };
    return map_pages(space, &clock, clock_page()) && map_pages(space, &code, vdso_image)
               ? code.start
               : 0;
}
