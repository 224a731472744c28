/*
 * The supervisor: what remains of the jailer once the jails run. It has no privileges. It relays
 * the terminal and the logs, ends the VM at the time limit or by a signal, which a Linux program
 * gets first, and restores the terminal. While the VM lives it waits only in poll(2), so that no
 * descriptor of the user's can keep it from ending the VM.
 */
#ifndef SPARKLER_SUPERVISOR_H
#define SPARKLER_SUPERVISOR_H

#include "cgroup.h"
#include "daemon.h"
#include "ledger.h"
#include "log.h"
#include "sigsys.h"
#include "status.h"
#include "terminal.h"

struct supervisor {
    const char *id; /* of the VM */
    bool key_mode;  /* the input is a terminal, `saved` is how it was */
    pid_t group;    /* this process group */
    struct termios saved;
    struct relay input, output;
    struct user_log log;
    struct log vmm_log, broker_log;
    struct kernel_log kernel_log;
    struct ledger ledger;
    struct status *status;  /* of --status, or NULL */
    struct cgroups cgroups; /* to remove; the janitor runs if there are any */
    unsigned long vmm_oom_kills;
    unsigned long broker_oom_kills; /* said so far */
    unsigned timeout_seconds;       /* 0: none */
    bool held;                      /* the guest waits for a byte from SUPERVISOR_FD_HOLD */
    bool building;                  /* SUPERVISOR_FD_START will say when the VM is built */
    bool awaited;                   /* whoever has started us still waits at SUPERVISOR_FD_READY */
    bool passes_signals;            /* --pass-signals */
    int forwarded;                  /* a signal that asked the Linux program to end, or 0 */
    long long grace_end;            /* when it must have ended */
    bool is_linux;                  /* the guest is a Linux program */
    bool has_limits;                /* --resource-limit */
    bool pid_file;                  /* to be emptied at the end */
    enum starter starter;           /* who still waits to hear that the VM is up */
    long long up;                   /* when it is */
};

/* exit statuses of the jailer beside the VMM's own: for a flat guest; for a Linux program, those of
 * timeout(1), and of containers whose memory is gone */
#define STATUS_LIMIT        3
#define STATUS_LINUX_TIME   124
#define STATUS_LINUX_MEMORY 137
#define STATUS_SIGNAL       128 /* + its number */

/* Runs until the VM has ended, however it does; returns the jailer's exit status. */
int supervise(struct supervisor *supervisor);

#endif
