/* Files that the jailer writes by a path of the user's. */
#ifndef SPARKLER_OWN_FILE_H
#define SPARKLER_OWN_FILE_H

/*
 * Opens a file, mode 0600 if it does not exist, with these flags of open(2) and those that it needs
 * anyway. Another user may have set a trap: a link to a file that root's jailer would change, or a
 * FIFO. Ends the program by err(3), naming `what` and `option`, if it cannot, or if it is not a
 * regular file of this user's with a single link. Returns a close-on-exec descriptor.
 */
int own_file_open(const char *path, int flags, const char *what, const char *option);

#endif
