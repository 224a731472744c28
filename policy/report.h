/* What /proc tells of a process's confinement beside its filters. */
#ifndef SPARKLER_REPORT_H
#define SPARKLER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Prints no_new_privs, capabilities, user and groups, namespaces, descriptors and memory, a line
 * each. Returns whether all of this is as it has to be in every process of Sparkler: no_new_privs
 * set, no capability in any set, every thread under that number of filters, and no memory that is
 * both writable and executable.
 */
bool report(pid_t pid, size_t filters);

#endif
