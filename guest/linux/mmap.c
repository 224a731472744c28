/* System calls about memory. */
#include "mmap.h"

#include "kernel.h"
#include "memfd.h"
#include "process.h"
#include "space.h"
#include "syscalls.h"
#include "table.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/mman.h>

#define PROTECTION (PROT_READ | PROT_WRITE | PROT_EXEC)

/* What is filled at once: what a heap or a library's data begins with is touched soon. */
#define POPULATE_MAX     (64 * PAGE_SIZE)
#define POPULATE_FILE    (1024 * PAGE_SIZE)
#define POPULATE_WRITTEN (512 * PAGE_SIZE)

static uint64_t round_up(uint64_t size)
{
    return (size + PAGE_MASK) & ~PAGE_MASK;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct space *current_space(void)
{
    return current_process()->space;
}

/* Private memory that can be written to, but for the stack, is the data of RLIMIT_DATA. */
static bool is_data(uint32_t protection, uint32_t flags)
{
    return (protection & PROT_WRITE) != 0 && (flags & MAP_TYPE) == MAP_PRIVATE &&
           (flags & MAP_GROWSDOWN) == 0;
}

static uint64_t data_size(const struct space *space)
{
    uint64_t size = 0;

    for (size_t i = 0; i < space->count; i++)
        if (is_data(space->areas[i]->protection, space->areas[i]->flags))
            size += space->areas[i]->end - space->areas[i]->start;
    return size;
}

/* Of a range, the bytes that are in areas. */
static uint64_t mapped_in(uint64_t start, uint64_t end)
{
    const struct space *space = current_space();
    uint64_t size = 0;

    for (size_t i = space_index(space, start); i < space->count; i++) {
        const struct area *area = space->areas[i];

        if (area->start >= end)
            break;
        size += least(area->end, end) - (area->start > start ? area->start : start);
    }
    return size;
}

/* Beyond the program's limits; and more than there is of memory cannot be meant. */
static bool is_too_much(uint64_t size, uint32_t protection, uint32_t flags)
{
    const struct limit *limits = current_process()->limits;

    if ((protection & PROT_WRITE) != 0 && (flags & MAP_NORESERVE) == 0 &&
        size > pages_total() * PAGE_SIZE)
        return true;
    if (limits[RLIMIT_AS].soft != RLIM_INFINITY &&
        current_space()->mapped + size > limits[RLIMIT_AS].soft)
        return true;
    return limits[RLIMIT_DATA].soft != RLIM_INFINITY && is_data(protection, flags) &&
           data_size(current_space()) + size > limits[RLIMIT_DATA].soft;
}

void area_populate(struct space *space, const struct area *area)
{
    const bool writable = (area->protection & PROT_WRITE) != 0;
    uint64_t size = area->end - area->start;

    if (area->file == NULL) {
        if (writable)
            space_populate(space, area->start, area->start + least(size, POPULATE_MAX),
                           ACCESS_READ);
        return;
    }
    /* Copied at once, as the data of a library: but not where who maps it may write to the file
     * still, and expects to see that. */
    bool write = writable && size <= POPULATE_WRITTEN && (area->flags & MAP_TYPE) == MAP_PRIVATE &&
                 !file_writable(area->file);
    space_populate(space, area->start, area->start + least(size, POPULATE_FILE),
                   write ? ACCESS_WRITE : ACCESS_READ);
}

static int check_file(const struct file *file, uint32_t protection, uint32_t flags)
{
    unsigned mode = file->flags & O_ACCMODE;
    const bool may_write = (flags & MAP_TYPE) != MAP_PRIVATE && (protection & PROT_WRITE) != 0;

    if ((file->flags & O_PATH) != 0)
        return -EBADF;
    if (mode == O_WRONLY)
        return -EACCES;
    if (may_write && mode != O_RDWR)
        return -EACCES;
    if ((file->inode->mode & S_IFMT) != S_IFREG)
        return -ENODEV;
    return may_write && memfd_is_write_sealed(file) ? -EPERM : 0;
}

/* The file that is behind a shared anonymous mapping. */
static int open_shared(uint64_t size, struct file **file)
{
    struct inode *inode = inode_anonymous(S_IFREG | 0600);

    if (inode == NULL)
        return -ENOMEM;
    inode->size = size;
    return file_anonymous("/dev/zero", inode, inode->file_operations, O_RDWR, file);
}

static long place(struct space *space, uint64_t address, uint64_t size, uint32_t flags)
{
    if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0)
        return space_place(space, address, size);
    if ((address & PAGE_MASK) != 0)
        return -EINVAL;
    if (!space_is_user(address, size))
        return -ENOMEM;
    if ((flags & MAP_FIXED_NOREPLACE) != 0) {
        const struct area *next = space_find(space, address);
        return next != NULL && next->start < address + size ? -EEXIST : (long)address;
    }
    int error = space_unmap(space, address, address + size);
    return error != 0 ? error : (long)address;
}

/* What a loader lays the segments of a library over: entries that it had by then would only have to
 * be flushed. */
static bool is_place(const struct file *file, uint32_t protection, uint32_t flags)
{
    return file != NULL && protection == PROT_READ && (flags & MAP_FIXED) == 0;
}

static long map(uint64_t address, uint64_t size, uint32_t protection, uint32_t flags,
                struct file *file, uint64_t offset)
{
    struct space *space = current_space();
    long start = place(space, address, size, flags);

    if (start < 0)
        return start;

    const struct area area = {
        .start = (uint64_t)start,
        .end = (uint64_t)start + size,
        .protection = protection,
        .flags = flags & (MAP_TYPE | MAP_GROWSDOWN),
        .file = file,
        .offset = file != NULL ? offset : 0,
    };
    int error = space_add(space, &area);
    if (error != 0)
        return error;
    if ((flags & MAP_POPULATE) != 0)
        space_populate(space, area.start, area.end,
                       (protection & PROT_WRITE) != 0 ? ACCESS_WRITE : ACCESS_READ);
    else if ((flags & MAP_NORESERVE) == 0 && !is_place(file, protection, flags))
        area_populate(space, &area);
    return start;
}

long map_file(struct file *file, uint64_t address, uint64_t size, uint32_t protection,
              uint32_t flags)
{
    if (is_too_much(size, protection, flags))
        return -ENOMEM;
    return map(address, size, protection, flags, file, 0);
}

long sys_mmap(uint64_t address, uint64_t size, uint32_t protection, uint32_t flags, int fd,
              uint64_t offset)
{
    const uint32_t type = flags & MAP_TYPE;
    struct file *file = NULL;
    int error = 0;

    if (size == 0 || (offset & PAGE_MASK) != 0 || type == 0 || type > MAP_SHARED_VALIDATE)
        return -EINVAL;
    size = round_up(size);
    if (size == 0 || size > USER_END)
        return -ENOMEM;
    if ((flags & MAP_HUGETLB) != 0)
        return -ENOMEM;
    const uint64_t added =
        size - ((flags & MAP_FIXED) != 0 ? mapped_in(address, address + size) : 0);
    if ((flags & MAP_ANONYMOUS) == 0) {
        file = fd_file(fd);
        if (file == NULL)
            return -EBADF;
        error = check_file(file, protection, flags);
        if (error == 0 && is_too_much(added, protection, flags | MAP_NORESERVE))
            error = -ENOMEM;
    } else {
        if (is_too_much(added, protection, flags))
            return -ENOMEM;
        if (type != MAP_PRIVATE)
            error = open_shared(size, &file);
        offset = 0;
    }

    long result =
        error != 0 ? error : map(address, size, protection & PROTECTION, flags, file, offset);
    if (file != NULL)
        file_put(file);
    return result;
}

long sys_munmap(uint64_t address, uint64_t size)
{
    if ((address & PAGE_MASK) != 0 || size == 0 || size > USER_END ||
        !space_is_user(address, round_up(size)))
        return -EINVAL;
    return space_unmap(current_space(), address, address + round_up(size));
}

long sys_mprotect(uint64_t address, uint64_t size, uint32_t protection)
{
    if ((address & PAGE_MASK) != 0 ||
        (protection & ~(PROTECTION | PROT_GROWSDOWN | PROT_GROWSUP | PROT_SEM)) != 0)
        return -EINVAL;
    if (size == 0)
        return 0;
    if (size > USER_END || !space_is_user(address, round_up(size)))
        return -ENOMEM;

    struct space *space = current_space();
    const uint64_t end = address + round_up(size);
    for (size_t i = space_index(space, address); i < space->count; i++) {
        const struct area *area = space->areas[i];

        if (area->start >= end)
            break;
        if ((protection & PROT_WRITE) != 0 && area->file != NULL &&
            check_file(area->file, protection, area->flags) != 0)
            return -EACCES;
    }
    return space_protect(space, address, end, protection & PROTECTION);
}

long sys_brk(uint64_t address)
{
    struct space *space = current_space();
    const uint64_t old = round_up(space->heap_end), new = round_up(address);

    if (address < space->heap_start || !space_is_user(address, 0))
        return (long)space->heap_end;
    if (new > old) {
        const struct area area = {
            .start = old,
            .end = new,
            .protection = PROT_READ | PROT_WRITE,
            .flags = MAP_PRIVATE,
            .name = "[heap]",
        };
        const struct area *next = space_find(space, old);

        if ((next != NULL && next->start < new + PAGE_SIZE) ||
            is_too_much(new - old, area.protection, area.flags) || space_add(space, &area) != 0)
            return (long)space->heap_end;
        area_populate(space, &area);
    } else if (new < old && space_unmap(space, new, old) != 0) {
        return (long)space->heap_end;
    }
    space->heap_end = address;
    return (long)address;
}

/* Moves the entries of an area to one of the same kind, which has none yet. */
static int move_entries(struct space *space, uint64_t from, uint64_t to, uint64_t size)
{
    bool was_present = false;
    uint64_t *entry;

    for (uint64_t at = from; (entry = table_next(space->table, &at, from + size)) != NULL;
         at += PAGE_SIZE) {
        uint64_t *new = table_make_entry(space->table, at - from + to);

        if (new == NULL)
            return -ENOMEM;
        was_present |= (*entry & ENTRY_PRESENT) != 0;
        *new = *entry;
        *entry = 0;
    }
    if (was_present)
        space_flush(space, from, from + size);
    return 0;
}

static long move(struct space *space, const struct area *from, uint64_t size, uint64_t to)
{
    const uint64_t start = from->start, kept = least(from->end - start, size);
    struct area area = *from;

    area.start = to;
    area.end = to + size;
    int error = space_add(space, &area); /* may have moved `from` */
    if (error != 0)
        return error;
    error = move_entries(space, start, to, kept);
    return error != 0 ? error : (long)to;
}

static bool can_grow(const struct space *space, const struct area *area, uint64_t end)
{
    const struct area *next = space_find(space, area->end);

    return space_is_user(area->start, end - area->start) && (next == NULL || next->start >= end);
}

static int grow(struct space *space, const struct area *area, uint64_t end)
{
    struct area more = *area;

    more.start = area->end;
    more.end = end;
    more.offset += area->end - area->start;
    return space_add(space, &more);
}

long sys_mremap(uint64_t old, uint64_t old_size, uint64_t size, uint32_t flags, uint64_t address)
{
    struct space *space = current_space();
    const bool fixed = (flags & MREMAP_FIXED) != 0;
    long to, error;

    old_size = round_up(old_size);
    size = round_up(size);
    if ((old & PAGE_MASK) != 0 || size == 0 || size > USER_END || old_size == 0 ||
        (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0 ||
        (fixed &&
         ((flags & MREMAP_MAYMOVE) == 0 || !space_is_user(address, size) ||
          (address & PAGE_MASK) != 0 || (address < old + old_size && old < address + size))))
        return -EINVAL;

    const struct area *area = space_find_at(space, old);
    if (area == NULL)
        return -EFAULT;
    if (!fixed && size <= old_size) { /* which may be that of several areas */
        error = size < old_size ? sys_munmap(old + size, old_size - size) : 0;
        return error != 0 ? error : (long)old;
    }
    if (area->end - old < old_size)
        return -EFAULT;
    if (size > old_size && is_too_much(size - old_size, area->protection, area->flags))
        return -ENOMEM;
    if (!fixed && old + old_size == area->end && can_grow(space, area, old + size)) {
        error = grow(space, area, old + size);
        return error != 0 ? error : (long)old;
    }
    if ((flags & MREMAP_MAYMOVE) == 0)
        return -ENOMEM;

    error = space_split(space, old);
    if (error == 0)
        error = space_split(space, old + old_size);
    if (error == 0 && fixed)
        error = space_unmap(space, address, address + size);
    if (error != 0)
        return error;
    to = fixed ? (long)address : space_place(space, 0, size);
    if (to > 0)
        to = move(space, space_find_at(space, old), size, (uint64_t)to);
    if (to > 0)
        error = space_unmap(space, old, old + old_size);
    return error != 0 ? error : to;
}

static int advise(struct space *space, uint64_t start, uint64_t end, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_DONTNEED_LOCKED:
        space_drop(space, start, end);
        return 0;
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        space_populate(space, start, end,
                       advice == MADV_POPULATE_READ ? ACCESS_READ : ACCESS_WRITE);
        return 0;
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
        return space_wipe(space, start, end, advice == MADV_WIPEONFORK);
    case MADV_NORMAL: /* hints, from here on */
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_madvise(uint64_t address, uint64_t size, int advice)
{
    const uint64_t end = address + round_up(size);

    if ((address & PAGE_MASK) != 0 || size > USER_END || !space_is_user(address, round_up(size)))
        return -EINVAL;
    int error = advise(current_space(), address, end, advice);
    return error == 0 && mapped_in(address, end) < end - address ? -ENOMEM : error;
}

long sys_mincore(uint64_t address, uint64_t size, uint8_t *vector)
{
    const uint64_t end = address + round_up(size);
    const uint8_t resident = 1;

    if ((address & PAGE_MASK) != 0)
        return -EINVAL;
    if (size > USER_END || !space_is_user(address, round_up(size)))
        return -ENOMEM;
    for (uint64_t at = address; at < end; at += PAGE_SIZE) {
        if (space_find_at(current_space(), at) == NULL)
            return -ENOMEM;
        if (copy_to_user(vector++, &resident, sizeof(resident)) != 0)
            return -EFAULT;
    }
    return 0;
}

long sys_msync(uint64_t address, uint64_t size, int flags)
{
    (void)flags;
    if ((address & PAGE_MASK) != 0 || size > USER_END)
        return -EINVAL;
    for (uint64_t at = address; at < address + round_up(size);) {
        const struct area *area = space_find_at(current_space(), at);

        if (area == NULL)
            return -ENOMEM;
        at = area->end;
    }
    return 0;
}

/* All memory stays where it is anyway. */
long sys_mlock(void)
{
    return 0;
}
