/* The timers of processes (itimer.c). */
#ifndef LINUX_ITIMER_H
#define LINUX_ITIMER_H

#include "process.h"

bool itimers_need_tick(void);
void itimers_tick(void);                     /* of the running process */
void itimers_limit(struct process *process); /* by its RLIMIT_CPU, which was set */
void itimers_end(struct process *process);

#endif
