/* Files of /proc/PID. */
#ifndef SPARKLER_PROC_H
#define SPARKLER_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define PROC_TEXT_MAX  65536 /* of what is read at once */
#define PROC_FIELD_MAX 128
#define PROC_LINK_MAX  128

/* Opens /proc/PID/NAME; NULL and errno if that fails. */
FILE *proc_open(pid_t pid, const char *name);

/* Reads up to PROC_TEXT_MAX - 1 bytes of /proc/PID/NAME, and adds a NUL. Returns how many. */
size_t proc_read(pid_t pid, const char *name, char text[static PROC_TEXT_MAX]);

/* The value of the line "NAME:\tVALUE" of a status file; "" if there is none. */
const char *proc_field(const char *status, const char *name, char value[static PROC_FIELD_MAX]);

/* The target of the link /proc/PID/KIND/NAME, truncated; false if it cannot be read. */
bool proc_link(pid_t pid, const char *kind, const char *name, char target[static PROC_LINK_MAX]);

#endif
