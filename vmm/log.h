/* Lines on the log (FD_LOG). log_line() allocates nothing and calls nothing but write(2), so that
 * it works under the policy `vmm` too, where err(3) and stdio would not. */
#ifndef SPARKLER_VMM_LOG_H
#define SPARKLER_VMM_LOG_H

/* Writes "sparkler-vmm: ", then as printf(3) does, then a line end. A line is cut at 511 bytes.
 * A log that nobody reads any more is no reason to fail: errors are ignored. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* jailer --timing: logs that a phase of the start has ended, and when: in microseconds since the
 * jailer's. Nothing without TIMING_START, nanoseconds of CLOCK_MONOTONIC, in the environment. */
void log_timing(const char *phase);

#endif
