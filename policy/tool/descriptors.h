/* The descriptors of a live process, against those that policy/fds.h lists. */
#ifndef SPARKLER_DESCRIPTORS_H
#define SPARKLER_DESCRIPTORS_H

#include "policy/runtime/processes.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Prints the process's descriptors. Returns whether each is one that the process may have once it
 * is confined, of the right kind; of a process that is none of ours (NULL) no descriptor is.
 */
bool report_descriptors(pid_t pid, const struct process *process);

#endif
