/* Lines on the log, FD_LOG. log_line() allocates nothing and makes no system call but write(2), so
 * it also works under the policy `vmm`, where err(3) and stdio do not. */
#ifndef SPARKLER_VMM_LOG_H
#define SPARKLER_VMM_LOG_H

/* Writes "sparkler-vmm: ", the rest as by printf(3), and a newline; at most 512 bytes in all.
 * Errors are ignored: a VM does not end because nobody reads its log. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For jailer --timing: logs the end of a phase of the start, in microseconds since the jailer
 * started. That time is TIMING_START in the environment, in nanoseconds of CLOCK_MONOTONIC; without
 * it, this does nothing. */
void log_timing(const char *phase);

#endif
