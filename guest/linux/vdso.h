/* The vDSO (vdso/) in an address space. */
#ifndef LINUX_VDSO_H
#define LINUX_VDSO_H

#include "space.h"

/* Maps it and the clocks' page; where it begins, or 0 when memory is full: programs do without. */
uint64_t vdso_map(struct space *space);

#endif
