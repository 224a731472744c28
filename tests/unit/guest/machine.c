/* A machine for the files of the guest's kernel: its memory, images and configuration. */
#include "machine.h"

#include "guest/linux/host.h"
#include "guest/linux/kernel.h"
#include "guest/linux/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine machine;

/* Every allocation is in a list. */
struct block {
    struct block *next, *previous;
    uint8_t bytes[] __attribute__((aligned(16)));
};

static struct block blocks = {&blocks, &blocks};
static uint8_t *ram;
static unsigned references[MACHINE_PAGES];
static size_t free_pages, next_page;
static uint8_t configuration[sizeof(struct linux_config) + 4096] __attribute__((aligned(8)));
static size_t strings;
static const struct linux_time the_time = {.tsc_khz = 1000000};

const struct linux_config *const host_config = (const struct linux_config *)configuration;
const volatile struct linux_time *const host_time = &the_time;

void machine_start(void)
{
    struct linux_config *config = (struct linux_config *)configuration;

    config->version = LINUX_VERSION;
    strings = 1;
    if (!ram)
        ram = aligned_alloc(PAGE_SIZE, MACHINE_PAGES * PAGE_SIZE);
    free_pages = MACHINE_PAGES;
    machine.size_limit = UINT64_MAX;
    machine.fail_after = -1;
    credentials_start(&machine.credentials, 0, 0);
    machine.clock = 1700000000 * (uint64_t)NSEC_PER_SEC;
}

void machine_stop(void)
{
    while (blocks.next != &blocks)
        kfree(blocks.next->bytes);
    memset(references, 0, sizeof(references));
    memset(configuration, 0, sizeof(configuration));
    memset(&machine, 0, sizeof(machine));
}

void machine_mount(uint32_t kind, const char *path, const void *bytes, uint64_t size)
{
    struct linux_config *config = (struct linux_config *)configuration;

    config->mounts[config->mount_count++] =
        (struct linux_mount){kind, (uint32_t)strings, (uintptr_t)bytes - DIRECT_MAP, size};
    strcpy(config->strings + strings, path);
    strings += strlen(path) + 1;
    if (kind != LINUX_MOUNT_TMPFS)
        return;
    config->mounts[config->mount_count - 1].size = strings;
    strcpy(config->strings + strings, bytes);
    strings += strlen(bytes) + 1;
}

void machine_terminal(unsigned flags)
{
    struct linux_config *config = (struct linux_config *)configuration;

    config->flags = flags;
    config->rows = 24;
    config->columns = 80;
}

void *machine_copy(const void *bytes, size_t size)
{
    const size_t room = (size + PAGE_MASK) & ~PAGE_MASK;
    uint8_t *copy = aligned_alloc(PAGE_SIZE, room > 0 ? room : PAGE_SIZE);

    memcpy(copy, bytes, size);
    memset(copy + size, 0, room - size);
    return copy;
}

void *machine_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    void *bytes, *copy;

    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*size + 1);
    *size = fread(bytes, 1, *size, file);
    fclose(file);
    copy = machine_copy(bytes, *size);
    free(bytes);
    return copy;
}

void machine_process(void)
{
    if (machine.files)
        files_put(machine.files);
    if (machine.fs)
        fs_put(machine.fs);
    machine.files = files_new();
    machine.fs = fs_new();
}

static bool fails(void)
{
    if (machine.fail_after > 0)
        machine.fail_after--;
    return machine.fail_after == 0;
}

static size_t page_index(const void *page)
{
    return (size_t)((const uint8_t *)page - ram) / PAGE_SIZE;
}

void *pages_alloc(unsigned order)
{
    const size_t count = 1ul << order;

    if (fails())
        return NULL;
    for (size_t tried = 0; tried < MACHINE_PAGES; tried++) {
        const size_t first = next_page++ % MACHINE_PAGES;
        size_t in_row = 0;

        while (first + in_row < MACHINE_PAGES && in_row < count && !references[first + in_row])
            in_row++;
        if (in_row < count)
            continue;
        for (size_t i = 0; i < count; i++)
            references[first + i] = i == 0 ? order + 1 : 1; /* a row has one owner here */
        free_pages -= count;
        machine.allocations++;
        return memset(ram + first * PAGE_SIZE, 0, count * PAGE_SIZE);
    }
    return NULL;
}

void *page_alloc(void)
{
    return pages_alloc(0);
}

void page_release(void *page)
{
    const size_t first = page_index(page);
    const size_t count = 1ul << (references[first] - 1);

    memset(page, 0xdf, count * PAGE_SIZE); /* who still reads it notices */
    for (size_t i = 0; i < count; i++)
        references[first + i] = 0;
    free_pages += count;
    machine.allocations--;
}

bool page_is_ram(uint64_t address)
{
    const uint8_t *pointer = direct(address);

    return pointer >= ram && pointer < ram + MACHINE_PAGES * PAGE_SIZE;
}

size_t pages_total(void)
{
    return MACHINE_PAGES;
}

size_t pages_free(void)
{
    return free_pages;
}

static void block_insert(struct block *block)
{
    block->next = &blocks;
    block->previous = blocks.previous;
    block->next->previous = block->previous->next = block;
}

static struct block *block_of(void *bytes)
{
    return (struct block *)((uint8_t *)bytes - offsetof(struct block, bytes));
}

void *kmalloc(size_t size)
{
    struct block *block = fails() ? NULL : malloc(sizeof(*block) + size);

    if (!block)
        return NULL;
    block_insert(block);
    machine.allocations++;
    return memset(block->bytes, 0xa5, size);
}

void *kzalloc(size_t size)
{
    void *memory = kmalloc(size);

    return memory ? memset(memory, 0, size) : NULL;
}

void *krealloc(void *old, size_t size)
{
    struct block *block;

    if (!old)
        return kmalloc(size);
    block = fails() ? NULL : realloc(block_of(old), sizeof(*block) + size);
    if (!block)
        return NULL;
    block->next->previous = block->previous->next = block;
    return block->bytes;
}

void kfree(void *pointer)
{
    struct block *block;

    if (!pointer)
        return;
    block = block_of(pointer);
    block->next->previous = block->previous;
    block->previous->next = block->next;
    machine.allocations--;
    free(block);
}

/* The program of the test has all of its memory, but for the first page. */
static bool is_bad(const void *user)
{
    return (uintptr_t)user < PAGE_SIZE;
}

int copy_from_user(void *to, const void *user, size_t size)
{
    if (size > 0 && is_bad(user))
        return -EFAULT;
    memcpy(to, user, size);
    return 0;
}

int copy_to_user(void *user, const void *from, size_t size)
{
    if (size > 0 && is_bad(user))
        return -EFAULT;
    memcpy(user, from, size);
    return 0;
}

int zero_user(void *user, size_t size)
{
    if (size > 0 && is_bad(user))
        return -EFAULT;
    memset(user, 0, size);
    return 0;
}

long string_from_user(char *to, const char *user, size_t size)
{
    size_t length;

    if (is_bad(user))
        return -EFAULT;
    length = strnlen(user, size);
    if (length == size)
        return -ENAMETOOLONG;
    memcpy(to, user, length + 1);
    return (long)length;
}
