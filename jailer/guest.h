/* The guest's image and its memory. */
#ifndef SPARKLER_GUEST_H
#define SPARKLER_GUEST_H

#include <stdint.h>

/* Opens the guest image (close-on-exec). Ends the program by err(3) if that fails, and if it is
 * what no guest is: a directory, a script, an ELF program. */
int guest_image(const char *path);

/* Makes the guest's memory, as a sealed memfd (close-on-exec). Ends the program by err(3) if that
 * fails. */
int guest_memory(uint64_t bytes);

/* memfd_create(2) for what a guest gets, close-on-exec: to be sealed, and never a program. Returns
 * -1 and errno if it fails. */
int guest_memfd(const char *name);

#endif
