/* Files of the user's, as they were when the VM started. */
#ifndef SPARKLER_SEALED_H
#define SPARKLER_SEALED_H

/* Opens a file of at most 4 MiB, close-on-exec. Ends the program by err(3), status 1, naming `what`
 * and `option`. */
int sealed_open(const char *path, const char *what, const char *option);

/* Copies it into a sealed memfd (memfd_create(2)), so that a restarted broker reads what was
 * checked, and closes it. Returns a close-on-exec descriptor, or ends the program as above. */
int sealed_copy(int file, const char *what);

#endif
