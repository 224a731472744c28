/* Loads guest images into memory and sets the first registers; one function per kind of guest. */
#ifndef SPARKLER_VMM_LOAD_H
#define SPARKLER_VMM_LOAD_H

#include "machine.h"

/*
 * GUEST_FLAT: loads the flat 16-bit image at guest-physical 0x1000 and starts the vCPU there. Exits
 * by err(3) if the image is empty, too large, or cannot be read.
 */
void load_flat(const struct machine *machine, const struct config *config);

/* GUEST_LINUX: loads the kernel in the same way, and maps the other images and the time (images.h).
 */
void load_linux(const struct machine *machine, const struct config *config);

#endif
