/* Pipes and FIFOs (pipe.c). */
#ifndef LINUX_PIPE_H
#define LINUX_PIPE_H

#include "vfs.h"

extern const struct file_operations pipe_operations;

#endif
