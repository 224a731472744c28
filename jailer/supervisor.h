/*
 * The supervisor: what is left of the jailer once the jails are there. It holds no privilege; it
 * relays the terminal and the logs, enforces the time limit, forwards the user's signals as the
 * end, and puts the terminal back.
 */
#ifndef SPARKLER_SUPERVISOR_H
#define SPARKLER_SUPERVISOR_H

#include "cgroup.h"
#include "sigsys.h"
#include "terminal.h"

struct supervisor {
    bool key_mode; /* the input is a terminal, `saved` is how it was */
    struct termios saved;
    struct relay input, output;
    struct log vmm_log, broker_log;
    struct kernel_log kernel_log;
    struct cgroups cgroups;         /* to remove; the janitor runs if there are any */
    unsigned long broker_oom_kills; /* said so far */
    unsigned timeout_seconds;       /* 0: none */
    bool pid_file;                  /* to be emptied in the end */
};

/* exit statuses of the jailer beside the VMM's own */
#define STATUS_LIMIT  3
#define STATUS_SIGNAL 128 /* + its number */

/* Waits for the end of the VM, however it comes; returns the jailer's exit status. */
int supervise(struct supervisor *supervisor);

#endif
