/* Read-only relocations for programs linked statically with musl. */
#include "policy/runtime/policy.h"

#include <err.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE_SIZE 4096u

/* For dl_iterate_phdr(3), whose first object is the program: the only one of a static program. */
static int protect(struct dl_phdr_info *object, size_t size, void *data)
{
    (void)size, (void)data;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;

        start -= start % PAGE_SIZE;
        end -= end % PAGE_SIZE;
        if (header->p_type == PT_GNU_RELRO && mprotect((void *)start, end - start, PROT_READ) != 0)
            err(1, "cannot make relocated data read-only");
    }
    return 1;
}

void relro_protect(void)
{
    dl_iterate_phdr(protect, NULL);
}
