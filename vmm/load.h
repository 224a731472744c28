/* From guest images to memory and first registers; a function for each kind of guest. */
#ifndef SPARKLER_VMM_LOAD_H
#define SPARKLER_VMM_LOAD_H

#include "machine.h"

/*
 * GUEST_FLAT: loads the flat 16-bit image to guest-physical 0x1000 and lets the vCPU start there.
 * Ends the program with status 1 when the image is empty, does not fit, or cannot be read.
 */
void load_flat(const struct machine *machine, const struct config *config);

/* GUEST_LINUX: loads the kernel in the same way, and maps the images and the time (slots.h). */
void load_linux(const struct machine *machine, const struct config *config);

#endif
