/* The read-only memory of a Linux guest (linux.h): the time page and its images. */
#ifndef SPARKLER_VMM_IMAGES_H
#define SPARKLER_VMM_IMAGES_H

#include "machine.h"

/*
 * Fills in the time page, and maps it and each IMAGE_MAPPED of the configuration at its
 * guest-physical address; what is between them is zero. Nothing is copied; all VMs share the pages
 * of the host's page cache. Exits by err(3) on failure.
 */
void images_map(const struct config *config);

#endif
