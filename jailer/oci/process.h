/*
 * A container's process: the supervisor of its VM. A pid is given to another process some time
 * after its first has ended, so a process is known by its pid and the time of its start.
 */
#ifndef SPARKLER_OCI_PROCESS_H
#define SPARKLER_OCI_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process_id {
    pid_t pid;                     /* 0: none */
    unsigned long long start_time; /* clock ticks since the boot, from /proc/PID/stat */
};

/* The identity of the process that has this pid now; pid 0 if there is none, or only a zombie. */
struct process_id process_identify(pid_t pid);

/* A pidfd of the process, close-on-exec; -1 if it has ended. */
int process_open(const struct process_id *process);

/* Whether it still runs. */
bool process_lives(const struct process_id *process);

/* Waits for a child whose exit status is 0 or an errno, and returns that; EINTR if it was killed.
 */
int process_await(pid_t child);

#endif
