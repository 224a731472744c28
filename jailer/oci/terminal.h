/* The terminal of a container. */
#ifndef SPARKLER_OCI_TERMINAL_H
#define SPARKLER_OCI_TERMINAL_H

/*
 * Makes a pseudoterminal of this size (0: leaves it) and sends its master to the engine, which
 * listens at the socket. Returns the container's end, close-on-exec. Ends the program if it cannot.
 */
int terminal_make(const char *socket_path, unsigned rows, unsigned columns);

#endif
