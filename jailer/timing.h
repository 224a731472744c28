/* jailer --timing: how long each process spends in each phase of its start. */
#ifndef SPARKLER_TIMING_H
#define SPARKLER_TIMING_H

#include <stdbool.h>
#include <stddef.h>

#define TIMING_TEXT_MAX 4096

/* CLOCK_MONOTONIC in nanoseconds */
long long timing_now(void);
#define TIMING_SECOND 1000000000LL

/* A timeout for poll(2): milliseconds until `then`, rounded up; 0 if past, -1 for LLONG_MAX. */
int timing_ms_until(long long then);

/* The phases of one process; a cloned one continues in its copy. */
struct timing {
    bool on;
    long long start; /* of the jailer's main() */
    long long last;  /* end of the last phase */
    size_t length;
    char text[TIMING_TEXT_MAX]; /* a line for each phase */
};

/* Notes that a phase has ended, if timing is on. */
void timing_phase(struct timing *timing, const char *phase);

/* Writes the phases of this process to its standard error, in one write(2). */
void timing_print(struct timing *timing, const char *process);

/* Forgets the phases of the parent. */
void timing_forget(struct timing *timing);

#endif
