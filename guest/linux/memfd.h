/* Seals of files (memfd.c): F_GET_SEALS and F_ADD_SEALS of fcntl(2). */
#ifndef LINUX_MEMFD_H
#define LINUX_MEMFD_H

#include "vfs.h"

long memfd_seals(const struct file *file);
bool memfd_is_write_sealed(const struct file *file);
long memfd_seal(struct file *file, unsigned seals);

#endif
