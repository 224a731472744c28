/* Mapping, for who starts a program. */
#ifndef LINUX_MMAP_H
#define LINUX_MMAP_H

#include "space.h"

/* Fills what of a new area will be touched soon. */
void area_populate(struct space *space, const struct area *area);

/* As mmap(2), of a file that may be mapped so; the size is in whole pages. */
long map_file(struct file *file, uint64_t address, uint64_t size, uint32_t protection,
              uint32_t flags);

#endif
