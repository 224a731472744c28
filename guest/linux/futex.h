/* Futexes (futex.c). */
#ifndef LINUX_FUTEX_H
#define LINUX_FUTEX_H

#include "thread.h"

/* What a thread's end means to others: set_tid_address(2), robust mutexes. */
void futex_thread_exit(struct thread *thread);

#endif
