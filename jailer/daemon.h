/* What makes the jailer a daemon, or a service: its way to the background, its pid file, and word
 * to whoever waits until the VM is up. */
#ifndef SPARKLER_DAEMON_H
#define SPARKLER_DAEMON_H

#include <stdbool.h>

struct options;

/* Who waits, at the other end of SUPERVISOR_FD_STARTER: a daemon's parent, or a service manager. */
enum starter { STARTER_NONE, STARTER_PARENT, STARTER_MANAGER };

/*
 * Continues in a child without a console. The parent gives up its privileges, waits for
 * starter_tell(), and exits with that status, or with 1 if the child ends first. Returns the
 * descriptor that becomes SUPERVISOR_FD_STARTER.
 */
int daemon_start(const struct options *options);

/*
 * Connects to the service manager's socket `name`, of $NOTIFY_SOCKET (sd_notify(3)): a path, or '@'
 * and an abstract name. Returns a non-blocking descriptor. Ends the program by err(3) if it cannot.
 */
int manager_connect(const char *name);

/*
 * The VM is up, if `status` is 0, or has ended with it: the parent exits with it. The manager hears
 * only of 0, and sees by itself how a process ends. Returns false if that is to be tried again.
 */
bool starter_tell(enum starter starter, int status);

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
