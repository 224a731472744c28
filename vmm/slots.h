/* What a Linux guest finds in read-only memory slots (linux.h): its images and the time. */
#ifndef SPARKLER_VMM_SLOTS_H
#define SPARKLER_VMM_SLOTS_H

#include "machine.h"

/*
 * Maps each IMAGE_SLOT of the configuration at its guest-physical place; nothing is copied, and the
 * host's page cache is shared by all VMs. Ends the program with status 1 when that fails.
 */
void slots_map_images(const struct config *config);

/* Fills in the time page and maps it, last before the start. Ends the program with status 1 when
 * that fails. */
void slots_map_time(void);

#endif
