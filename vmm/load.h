/* From a guest image to memory and first registers. */
#ifndef SPARKLER_VMM_LOAD_H
#define SPARKLER_VMM_LOAD_H

#include "machine.h"

/*
 * Loads the flat 16-bit image FD_GUEST to guest-physical 0x1000 and lets the vCPU start there.
 * Ends the program with status 1 when the image is empty, does not fit, or cannot be read.
 */
void load_guest(const struct machine *machine);

#endif
