/* The Landlock domain of the broker and of its resolver, as far as the kernel has Landlock. */
#ifndef SPARKLER_LANDLOCK_H
#define SPARKLER_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

enum landlock_files { LANDLOCK_NO_FILES, LANDLOCK_MAY_READ };

/*
 * From here on the process can connect only to the `count` TCP ports given (host byte order),
 * listen on none, open no file (or, with LANDLOCK_MAY_READ, only read files), and reach no abstract
 * socket outside. A kernel too old to restrict one of these leaves it to the jail and to seccomp.
 * Requires no_new_privs. Ends the program by err(3) if the kernel has Landlock and refuses.
 */
void landlock_confine(const uint16_t *tcp_ports, size_t count, enum landlock_files files);

#endif
