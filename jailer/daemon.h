/* What makes the jailer a daemon: its way to the background, and its pid file. */
#ifndef SPARKLER_DAEMON_H
#define SPARKLER_DAEMON_H

/*
 * Goes on in a child without a terminal or a console. The parent waits: it ends with 0 when the
 * child says that it is ready, or with the child's status if that ends before. Returns the
 * descriptor for daemon_ready().
 */
int daemon_start(void);

/* To be called when the jails are started. Lets the parent end, waits for that, and lets the
 * terminal go. */
void daemon_ready(int parent);

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
 * Empties it, by FD_PID_FILE. It is not removed: the supervisor has no right to that in a folder of
 * root's, and needs none.
 */
void pid_file_clear(void);

#endif
