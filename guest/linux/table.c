/* Page tables of four levels. */
#include "table.h"

#include "host.h"
#include "kernel.h"

#define ENTRIES  512
#define LEVEL(n) (PAGE_SHIFT + 9 * (n)) /* the lowest bit that a level's index has */

extern uint64_t top_table[ENTRIES], direct_table[ENTRIES]; /* entry.asm */

static unsigned index_of(uint64_t address, unsigned level)
{
    return (address >> LEVEL(level)) & (ENTRIES - 1);
}

static void map_direct(uint64_t start, uint64_t end, uint64_t flags)
{
    const uint64_t large = 1ul << LEVEL(1);

    for (uint64_t at = start & ~(large - 1); at < end; at += large) {
        uint64_t *above = &direct_table[index_of(at, 2)];

        if (*above == 0) {
            void *table = page_alloc();
            if (table == NULL)
                panic("no memory for the tables that map memory");
            *above = physical(table) | ENTRY_TABLE;
        }
        ((uint64_t *)entry_page(*above))[index_of(at, 1)] = at | flags | ENTRY_LARGE;
    }
}

void table_start(void)
{
    const uint64_t read = (ENTRY_TABLE & ~ENTRY_WRITABLE & ~ENTRY_DIRTY) | ENTRY_NO_EXECUTE;
    const uint64_t gib = 1ul << LEVEL(2);
    const uint64_t ram = host_config->ram;
    const uint64_t low = ram < LINUX_RAM_LOW_MAX ? ram : LINUX_RAM_LOW_MAX;

    if (low > gib)
        map_direct(gib, low, ENTRY_TABLE | ENTRY_NO_EXECUTE);
    if (ram > low)
        map_direct(LINUX_RAM_HIGH, LINUX_RAM_HIGH + ram - low, ENTRY_TABLE | ENTRY_NO_EXECUTE);
    for (unsigned i = 0; i < host_config->mount_count; i++) {
        const struct linux_mount *mount = &host_config->mounts[i];

        if (mount->kind != LINUX_MOUNT_TMPFS)
            map_direct(mount->address, mount->address + mount->size, read);
    }
}

/* Tables that are not in use, all zero. A shadowing hypervisor watches what is written to a table,
 * so that it had better stay one. */
static void *spare[64];
static size_t spare_count;

static void *take_table(void)
{
    return spare_count > 0 ? spare[--spare_count] : page_alloc();
}

static void give_table(void *table)
{
    if (spare_count < ARRAY_SIZE(spare))
        spare[spare_count++] = table;
    else
        page_release(table);
}

uint64_t *table_new(void)
{
    uint64_t *top = take_table();

    if (top != NULL)
        top[index_of(DIRECT_MAP, 3)] = top_table[index_of(DIRECT_MAP, 3)];
    return top;
}

/* Its entries are zero already where they are those of pages. */
static void free_below(uint64_t *table, unsigned level)
{
    for (unsigned i = 0; level > 0 && i < ENTRIES; i++) {
        if (table[i] == 0)
            continue;
        if (!(level == 3 && i == index_of(DIRECT_MAP, 3)))
            free_below(entry_page(table[i]), level - 1);
        table[i] = 0;
    }
    give_table(table);
}

void table_free(uint64_t *top)
{
    free_below(top, 3);
}

static uint64_t *walk(uint64_t *table, uint64_t address, bool make)
{
    for (unsigned level = 3; level > 0; level--) {
        uint64_t *entry = &table[index_of(address, level)];

        if (*entry == 0) {
            void *new = make ? take_table() : NULL;
            if (new == NULL)
                return NULL;
            *entry = physical(new) | ENTRY_TABLE;
        }
        table = entry_page(*entry);
    }
    return &table[index_of(address, 0)];
}

uint64_t *table_entry(uint64_t *top, uint64_t address)
{
    return walk(top, address, false);
}

uint64_t *table_make_entry(uint64_t *top, uint64_t address)
{
    return walk(top, address, true);
}

uint64_t *table_next(uint64_t *top, uint64_t *address, uint64_t end)
{
    while (*address < end) {
        uint64_t *table = top;
        unsigned level = 3;

        if (index_of(*address, 3) == index_of(DIRECT_MAP, 3)) {
            *address = DIRECT_MAP_END;
            continue;
        }
        while (level > 0 && table[index_of(*address, level)] != 0)
            table = entry_page(table[index_of(*address, level--)]);
        if (level > 0) { /* nothing is mapped in what this entry spans */
            *address = ((*address >> LEVEL(level)) + 1) << LEVEL(level);
            continue;
        }
        for (unsigned i = index_of(*address, 0); i < ENTRIES && *address < end; i++) {
            if (table[i] != 0)
                return &table[i];
            *address += PAGE_SIZE;
        }
    }
    return NULL;
}
