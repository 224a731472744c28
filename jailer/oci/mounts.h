/* What /proc/self/mountinfo says of a mounted root. */
#ifndef SPARKLER_OCI_MOUNTS_H
#define SPARKLER_OCI_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct mounted {
    char type[32];
    char device[32]; /* MAJOR:MINOR */
    char *source;
    char *options; /* of the file system, between commas; escapes as in the file */
};

/* Finds the file system of which `fd` is the mounted root; false if it is no such root. */
bool mounted_at(int fd, struct mounted *mounted);
void mounted_free(struct mounted *mounted);

/* A copy of a field of mountinfo without its escapes (\040 and the like); NULL without memory. */
char *mounted_unescape(const char *field, size_t length);

#endif
