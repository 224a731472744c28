/* Files of the user's, as they were when the VM started. */
#ifndef SPARKLER_SEALED_H
#define SPARKLER_SEALED_H

/*
 * Copies a file of at most 4 MiB into a sealed memfd (memfd_create(2)), so that a restarted broker
 * reads what was checked. Returns a close-on-exec descriptor.
 * Ends the program by err(3), status 1, naming `what` and `option`.
 */
int sealed_copy(const char *path, const char *what, const char *option);

#endif
