/* What makes the jailer a daemon: its way to the background, and its pid file. */
#ifndef SPARKLER_DAEMON_H
#define SPARKLER_DAEMON_H

#include <stdbool.h>

struct options;

/*
 * Goes on in a child without a console. The parent gives up all that it may do, waits until it is
 * told by daemon_status(), and ends with that status; with 1 if the child ends before. Returns the
 * descriptor for it.
 */
int daemon_start(const struct options *options);

/* Tells the parent, by SUPERVISOR_FD_STARTER, how it is to end. */
void daemon_status(int status);

/*
 * Opens the pid file, made if need be and its owner's alone, and locks it (F_OFD_SETLK, fcntl(2))
 * for as long as the supervisor lives; ends the program by err(3) if it cannot, if a jailer that is
 * running holds it, or if what is there is no pid file: what another user could have put there to
 * have it emptied. The file is empty until pid_file_write(). Returns its descriptor.
 */
int pid_file_open(const char *path);

/* Writes the caller's pid, in one piece. */
void pid_file_write(int file);

/*
 * Empties it, by SUPERVISOR_FD_PID_FILE. It is not removed: the supervisor has no right to that in
 * a directory of root's, and needs none. Returns false if it cannot.
 */
bool pid_file_clear(void);

#endif
