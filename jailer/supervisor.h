/*
 * The supervisor: what is left of the jailer once the jails are there. It holds no privilege; it
 * relays the terminal and the logs, enforces the time limit, forwards the user's signals as the
 * end, and puts the terminal back. It waits in poll(2) and nowhere else while the VM lives, so that
 * nothing that the user gave it keeps it from ending the VM.
 */
#ifndef SPARKLER_SUPERVISOR_H
#define SPARKLER_SUPERVISOR_H

#include "cgroup.h"
#include "log.h"
#include "sigsys.h"
#include "terminal.h"

struct supervisor {
    const char *id; /* of the VM */
    bool key_mode;  /* the input is a terminal, `saved` is how it was */
    pid_t group;    /* of this process, as the terminal knows it */
    struct termios saved;
    struct relay input, output;
    struct user_log log;
    struct log vmm_log, broker_log;
    struct kernel_log kernel_log;
    struct cgroups cgroups; /* to remove; the janitor runs if there are any */
    unsigned long vmm_oom_kills;
    unsigned long broker_oom_kills; /* said so far */
    unsigned timeout_seconds;       /* 0: none */
    bool is_linux;                  /* the guest is a Linux program */
    bool pid_file;                  /* to be emptied in the end */
    bool starter;                   /* of a daemon: waits to hear whether the VM is up, and then
                                       the log is no terminal any more */
};

/* exit statuses of the jailer beside the VMM's own: for a flat guest; for a Linux program, those of
 * timeout(1), and of containers whose memory is gone */
#define STATUS_LIMIT        3
#define STATUS_LINUX_TIME   124
#define STATUS_LINUX_MEMORY 137
#define STATUS_SIGNAL       128 /* + its number */

/* Waits for the end of the VM, however it comes; returns the jailer's exit status. */
int supervise(struct supervisor *supervisor);

#endif
