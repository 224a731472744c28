/*
 * Address spaces: areas, which say what an address means, and page tables, which are filled from
 * them ahead or on a fault. An entry that is not zero holds a reference to its page.
 */
#ifndef LINUX_SPACE_H
#define LINUX_SPACE_H

#include "memory.h"
#include "vfs.h"

struct area {
    uint64_t start, end; /* on page boundaries */
    uint32_t protection; /* PROT_* */
    uint32_t flags;      /* MAP_SHARED, MAP_PRIVATE, MAP_GROWSDOWN, MAP_NORESERVE */
    struct file *file;   /* NULL: anonymous */
    uint64_t offset;     /* of start in the file, in bytes */
    const char *name;    /* for /proc: "[stack]" and the like; NULL */
    bool is_wiped;       /* what fork(2) makes of it is zeros: MADV_WIPEONFORK */
};

struct space {
    unsigned references;
    uint64_t *table;
    struct area **areas; /* in order of address */
    size_t count, capacity;
    uint64_t heap_start, heap_end;                      /* brk */
    uint64_t top;                                       /* mappings are placed below */
    uint64_t stack_limit;                               /* bytes to which the stack may grow */
    uint64_t arguments, arguments_end, environment_end; /* for /proc */
    uint64_t mapped;                                    /* bytes in areas */
};

struct space *space_new(void); /* NULL when memory is full */
struct space *space_get(struct space *space);
void space_put(struct space *space);
struct space *
space_copy(struct space *space); /* for fork: private pages are shared until written */
void space_switch(struct space *space);

/* The first area that ends above the address: the one that has it, or the next. NULL: none. */
struct area *space_find(const struct space *space, uint64_t address);
struct area *space_find_at(const struct space *space, uint64_t address); /* only one that has it */
size_t space_index(const struct space *space, uint64_t address); /* the place of space_find's */

/* Room for `size` bytes, at `hint` if it is free there; -ENOMEM. */
long space_place(const struct space *space, uint64_t hint, uint64_t size);
bool space_is_user(uint64_t address, uint64_t size); /* may be a program's at all */

/* Adds an area where nothing is; takes a reference to the file. */
int space_add(struct space *space, const struct area *area);
int space_unmap(struct space *space, uint64_t start, uint64_t end);
int space_protect(struct space *space, uint64_t start, uint64_t end, uint32_t protection);
/* Sets is_wiped: 0, -ENOMEM, or -EINVAL where what is to be wiped is shared or a file's. */
int space_wipe(struct space *space, uint64_t start, uint64_t end, bool is_wiped);
/* Cuts areas so that one begins at the address, where one has it. */
int space_split(struct space *space, uint64_t address);

/* ---- Entries (fault.c) ---- */

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };

/* What became of a fault: a page is there now, or the signal that it is and its si_code. */
struct fault {
    int signal; /* 0: it is mended */
    int code;
};

struct fault space_fault(struct space *space, uint64_t address, enum access access);

/* Fills entries ahead, as far as memory is there, for an access that is to come. To write, the
 * space must be the running one. */
void space_populate(struct space *space, uint64_t start, uint64_t end, enum access access);

/* What an entry of a page of this area has for flags; a page that is not the space's own is not
 * writable yet. */
uint64_t area_entry_flags(const struct area *area, const void *page, bool may_write);

/* Drops the pages of a range, whose areas stay or go; flushes where something was present. */
void space_drop(struct space *space, uint64_t start, uint64_t end);

/* After entries of the range were changed or made not present. */
void space_flush(const struct space *space, uint64_t start, uint64_t end);

#endif
