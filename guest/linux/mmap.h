/* Mapping, for who starts a program. */
#ifndef LINUX_MMAP_H
#define LINUX_MMAP_H

#include "space.h"

/* Fills what of a new area will be touched soon. */
void area_populate(struct space *space, const struct area *area);

#endif
