/* Signals. */
#ifndef LINUX_SIGNAL_H
#define LINUX_SIGNAL_H

#include "space.h"
#include "thread.h"

/* The running thread did what it must not do: a handler, or the end of the process. */
void signal_fault(struct registers *registers, struct fault fault, uint64_t address);

/* Sends one to a process; 0 or -errno. */
int signal_send(struct process *process, int signal);

#endif
