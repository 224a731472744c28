/* Compares live processes with the policy files. */
#ifndef SPARKLER_AUDIT_H
#define SPARKLER_AUDIT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Reads the filters that the kernel holds for the process, compares each with the file that its
 * name stands for, and prints what was found with what /proc tells. Returns whether all agrees.
 * A process that is not there, or may not be looked at, does not agree.
 */
bool audit(pid_t pid, const char *directory);

/* Audits each supervisor that was started with `--id ID`, and all of its descendants; says who
 * started it. Ends the program by errx(3) if there is none. */
bool audit_all(const char *id, const char *directory);

#endif
