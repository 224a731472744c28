/* The read-only memory of a Linux guest (linux.h): its images and the time page. */
#ifndef SPARKLER_VMM_SLOTS_H
#define SPARKLER_VMM_SLOTS_H

#include "machine.h"

/*
 * Maps each IMAGE_SLOT of the configuration at its guest-physical address. Nothing is copied; all
 * VMs share the pages of the host's page cache. Exits by err(3) on failure.
 */
void slots_map_images(const struct config *config);

/* Fills in the time page and maps it, last before the start. Exits by err(3) on failure. */
void slots_map_time(void);

#endif
