/* Resource limits (setrlimit(2)), beside the lock that lowers a jail's. */
#ifndef SPARKLER_RLIMITS_H
#define SPARKLER_RLIMITS_H

#include <sys/resource.h>

struct settings;

/* RLIMIT_… by its name in lower case, without RLIMIT_; and the names, for messages. */
#define RLIMIT_NAMES                                                                               \
    "as, core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, "     \
    "rttime, sigpending and stack"
int rlimit_number(const char *name); /* -1: there is none */

/* Ends the program by err(3) if a --resource-limit has an unknown name or an invalid value. */
void rlimits_check(const struct settings *limits);

/* Raises a limit of the calling process to `value` if it is lower; only root may exceed the hard
 * limit. Returns what the process may have now: less than `value` if that was refused. */
rlim_t rlimit_raise(int resource, rlim_t value);

/* Raises the limit of open files to what the start of a jail needs. Returns NULL, or why it cannot,
 * and what to do. */
const char *rlimits_allow_jail(void);

#endif
