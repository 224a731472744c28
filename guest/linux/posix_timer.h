/* Timers of a process (posix_timer.c). */
#ifndef LINUX_POSIX_TIMER_H
#define LINUX_POSIX_TIMER_H

#include "process.h"

void posix_timers_end(struct process *process);

#endif
