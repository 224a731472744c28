/*
 * Starts a command between two pipes and notes when it was executed: what the benchmarks share.
 * Times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef SPARKLER_BENCH_SPAWN_H
#define SPARKLER_BENCH_SPAWN_H

#include <sys/types.h>

struct spawned {
    pid_t pid;
    int keys;        /* write end of its standard input */
    int text;        /* read end of its standard output */
    double executed; /* just before its execve(2) */
};

double now_us(void);

/* Starts argv[0], looked up in PATH, with the log of the caller. Ends the program by err(3). */
struct spawned spawn(char **argv);

/* Writes the keys, all of which fit into the pipe. */
void spawned_type(const struct spawned *spawned, const char *keys);

#endif
