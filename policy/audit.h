/* Compares live processes with the policy files. */
#ifndef SPARKLER_AUDIT_H
#define SPARKLER_AUDIT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Reads the filters that the kernel holds for the process, compares each with the file that its
 * name stands for, and prints what was found with what /proc tells. Returns whether all agrees.
 * Ends the program by errx(3) if the process is not there or may not be looked at.
 */
bool audit(pid_t pid, const char *directory);

/* Audits the supervisor that was started with `--id ID` and all of its descendants. */
bool audit_all(const char *id, const char *directory);

#endif
