/* Read-only relocations for static programs: see policy.h. */
#include "policy.h"

#include <elf.h>
#include <err.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE_SIZE 4096u

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden"))); /* by the linker */

void relro_protect(void)
{
    const char *base = (const char *)&__ehdr_start;
    const ElfW(Phdr) *header = (const void *)(base + __ehdr_start.e_phoff);

    for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
        uintptr_t start = (uintptr_t)base + header[i].p_vaddr, end = start + header[i].p_memsz;

        start -= start % PAGE_SIZE;
        end -= end % PAGE_SIZE;
        if (header[i].p_type == PT_GNU_RELRO &&
            mprotect((void *)start, end - start, PROT_READ) != 0)
            err(1, "cannot make what is relocated read-only");
    }
}
