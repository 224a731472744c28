/* ELF files: what their headers say, and their segments in an address space. */
#ifndef LINUX_ELF_FILE_H
#define LINUX_ELF_FILE_H

#include "space.h"

#include <linux/elf.h>
#include <linux/limits.h>

#define SEGMENTS_MAX 64

struct elf {
    struct elf64_hdr header;
    struct elf64_phdr segments[SEGMENTS_MAX];
    char interpreter[PATH_MAX]; /* "": none */
};

/* Reads and checks the headers; 0, -ENOEXEC, or another -errno. */
int elf_read(struct elf *elf, struct file *file);

/* Where a file is in an address space. */
struct elf_place {
    uint64_t bias;    /* of its addresses */
    uint64_t end;     /* of its last segment */
    uint64_t entry;   /* where it starts */
    uint64_t headers; /* the program headers */
};

/* Maps it into the running space: a file of fixed addresses there, another one from `base` on (0:
 * wherever there is room). */
int elf_map(const struct elf *elf, struct file *file, struct space *space, uint64_t base,
            struct elf_place *place);

#endif
