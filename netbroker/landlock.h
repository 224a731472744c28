/* What Landlock takes from the broker and its resolver, where the kernel has it. */
#ifndef SPARKLER_LANDLOCK_H
#define SPARKLER_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

enum landlock_files { LANDLOCK_NO_FILES, LANDLOCK_MAY_READ };

/*
 * From here on the process may open TCP connections to `ports` only and listen on none, may open
 * no file (or read those in its reach and change none), and may reach no abstract socket. What the
 * kernel's Landlock is too old for is left open; the jail and the seccomp policy stand behind it.
 * Needs no_new_privs. Ends the program by err(3) if the kernel has Landlock but refuses.
 */
void landlock_confine(const uint16_t *ports, size_t count, enum landlock_files files);

#endif
