/* What makes the jailer a daemon: its way to the background, and its pid file. */
#ifndef SPARKLER_DAEMON_H
#define SPARKLER_DAEMON_H

#include <stdbool.h>

struct options;

/*
 * Continues in a child without a console. The parent gives up its privileges, waits for
 * daemon_status(), and exits with that status, or with 1 if the child ends first. Returns the
 * descriptor that becomes SUPERVISOR_FD_STARTER.
 */
int daemon_start(const struct options *options);

/* Has the parent exit with this status, by SUPERVISOR_FD_STARTER. */
void daemon_status(int status);

/*
 * Opens the pid file, mode 0600, creating it if it does not exist, and locks it (F_OFD_SETLK,
 * fcntl(2)) for as long as the supervisor lives. Ends the program by err(3) if it cannot, if a
 * running jailer holds the lock, or if the file is not a regular one of this user's with a single
 * link. The file is empty until pid_file_write(). Returns its descriptor.
 */
int pid_file_open(const char *path);

/* Writes the caller's pid, in one piece. */
void pid_file_write(int file);

/*
 * Empties it, by SUPERVISOR_FD_PID_FILE; the supervisor has no right to remove it from a directory
 * of root's. Returns false if it cannot.
 */
bool pid_file_clear(void);

#endif
