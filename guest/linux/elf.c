/* ELF files. What a header says is believed only as far as it is checked here. */
#include "elf.h"

#include "kernel.h"
#include "mmap.h"
#include "table.h"

#include <asm/errno.h>
#include <linux/mman.h>

#define ALIGNMENT_MAX (1ul << 30)

static int read_all(struct file *file, void *to, size_t size, uint64_t position)
{
    long count = file_read_at(file, to, size, position);

    if (count < 0)
        return (int)count;
    return (size_t)count == size ? 0 : -ENOEXEC;
}

static bool is_usable(const struct elf64_hdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
           header->e_machine == EM_X86_64 &&
           (header->e_type == ET_EXEC || header->e_type == ET_DYN) &&
           header->e_phentsize == sizeof(struct elf64_phdr) && header->e_phnum > 0 &&
           header->e_phnum <= SEGMENTS_MAX;
}

static bool is_valid_segment(const struct elf64_phdr *segment)
{
    return segment->p_filesz <= segment->p_memsz && segment->p_memsz < USER_END &&
           segment->p_vaddr < USER_END && segment->p_offset < (1ul << 62) &&
           segment->p_align <= ALIGNMENT_MAX && (segment->p_align & (segment->p_align - 1)) == 0 &&
           ((segment->p_vaddr - segment->p_offset) & PAGE_MASK) == 0;
}

static int read_interpreter(struct elf *elf, struct file *file, const struct elf64_phdr *segment)
{
    if (segment->p_filesz < 2 || segment->p_filesz > sizeof(elf->interpreter))
        return -ENOEXEC;
    int error = read_all(file, elf->interpreter, segment->p_filesz, segment->p_offset);
    if (error == 0 && elf->interpreter[segment->p_filesz - 1] != '\0')
        return -ENOEXEC;
    return error;
}

int elf_read(struct elf *elf, struct file *file)
{
    bool has_code = false;
    int error = read_all(file, &elf->header, sizeof(elf->header), 0);

    elf->interpreter[0] = '\0';
    if (error == 0 && !is_usable(&elf->header))
        error = -ENOEXEC;
    if (error == 0)
        error = read_all(file, elf->segments, elf->header.e_phnum * sizeof(elf->segments[0]),
                         elf->header.e_phoff);
    for (unsigned i = 0; error == 0 && i < elf->header.e_phnum; i++) {
        const struct elf64_phdr *segment = &elf->segments[i];

        if (segment->p_type == PT_INTERP)
            error = read_interpreter(elf, file, segment);
        if (segment->p_type != PT_LOAD)
            continue;
        if (!is_valid_segment(segment))
            return -ENOEXEC;
        has_code = true;
    }
    return error == 0 && !has_code ? -ENOEXEC : error;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~PAGE_MASK;
}

static uint64_t page_up(uint64_t address)
{
    return (address + PAGE_MASK) & ~PAGE_MASK;
}

static uint32_t protection_of(const struct elf64_phdr *segment)
{
    return ((segment->p_flags & PF_R) != 0 ? PROT_READ : 0) |
           ((segment->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
           ((segment->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

static int add(struct space *space, const struct area *area)
{
    const struct area *next = space_find(space, area->start);

    if (area->start == area->end)
        return 0;
    if (!space_is_user(area->start, area->end - area->start) ||
        (next != NULL && next->start < area->end))
        return -ENOEXEC;
    int error = space_add(space, area);
    if (error == 0)
        area_populate(space, area);
    return error;
}

static int map_segment(const struct elf64_phdr *segment, struct file *file, struct space *space,
                       uint64_t bias)
{
    const uint64_t start = segment->p_vaddr + bias, file_end = start + segment->p_filesz;
    struct area area = {
        .start = page_down(start),
        .end = segment->p_filesz > 0 ? page_up(file_end) : page_down(start),
        .protection = protection_of(segment),
        .flags = MAP_PRIVATE,
        .file = file,
        .offset = page_down(segment->p_offset),
    };
    int error = add(space, &area);

    if (error != 0 || segment->p_memsz == segment->p_filesz)
        return error;

    /* What follows the file's part is zero: the rest of its last page, and pages behind. */
    if (area.end > file_end && (area.protection & PROT_WRITE) != 0)
        error = zero_user((void *)file_end, area.end - file_end);
    area.file = NULL;
    area.offset = 0;
    area.start = area.end;
    area.end = page_up(start + segment->p_memsz);
    return error != 0 ? error : add(space, &area);
}

/* The addresses that all segments together span, and how they want to be aligned. */
static void measure(const struct elf *elf, uint64_t *start, uint64_t *end, uint64_t *alignment)
{
    *start = UINT64_MAX;
    *end = 0;
    *alignment = PAGE_SIZE;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        const struct elf64_phdr *segment = &elf->segments[i];

        if (segment->p_type != PT_LOAD)
            continue;
        if (page_down(segment->p_vaddr) < *start)
            *start = page_down(segment->p_vaddr);
        if (page_up(segment->p_vaddr + segment->p_memsz) > *end)
            *end = page_up(segment->p_vaddr + segment->p_memsz);
        if (segment->p_align > *alignment)
            *alignment = segment->p_align;
    }
}

static uint64_t find_headers(const struct elf *elf, uint64_t bias)
{
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        const struct elf64_phdr *segment = &elf->segments[i];

        if (segment->p_type == PT_LOAD && segment->p_offset <= elf->header.e_phoff &&
            elf->header.e_phoff - segment->p_offset < segment->p_filesz)
            return bias + segment->p_vaddr + elf->header.e_phoff - segment->p_offset;
    }
    return 0;
}

int elf_map(const struct elf *elf, struct file *file, struct space *space, uint64_t base,
            struct elf_place *place)
{
    uint64_t start, end, alignment;

    measure(elf, &start, &end, &alignment);
    place->bias = 0;
    if (elf->header.e_type == ET_DYN) {
        long room = space_place(space, base, end - start + alignment - PAGE_SIZE);
        if (room < 0)
            return (int)room;
        place->bias = (((uint64_t)room + alignment - 1) & ~(alignment - 1)) - start;
    }
    place->end = end + place->bias;
    place->entry = elf->header.e_entry + place->bias;
    place->headers = find_headers(elf, place->bias);
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        int error = elf->segments[i].p_type == PT_LOAD
                        ? map_segment(&elf->segments[i], file, space, place->bias)
                        : 0;
        if (error != 0)
            return error;
    }
    return 0;
}
