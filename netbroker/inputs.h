/* The broker's input files: the feeds file, the trusted authorities and the credentials. */
#ifndef SPARKLER_INPUTS_H
#define SPARKLER_INPUTS_H

#include "feeds.h"

#include <stddef.h>

struct input_file {
    const char *name; /* of a credential, without "credential." */
    int fd;           /* closed once the file is read */
    char *data;       /* ends with NUL; a credential has no newline at its end */
    size_t length;
};

struct inputs {
    struct input_file feeds; /* JSON */
    struct input_file ca;    /* PEM */
    size_t credential_count;
    struct input_file *credential;
};

/*
 * Takes the descriptors that LISTEN_FDS and LISTEN_FDNAMES announce (policy/fds.h), reads and
 * closes the feeds file, and empties the environment. The result lasts for the life of the process.
 * Ends the program by errx(3), status 1, if anything is missing.
 */
struct inputs inputs_take(void);

/*
 * Reads the rest, authorities and credentials, into memory and closes them, so that only the link
 * stays open. A process forked before this has no credential in memory. Ends the program by
 * errx(3), status 1, if a file is not usable.
 */
void inputs_read_rest(struct inputs *inputs);

/* The credential of that name, or NULL. */
const struct input_file *inputs_credential(const struct inputs *inputs, const char *name);

/* Ends the program by errx(3), status 1, if a feed names a credential that was not handed over. */
void inputs_check(const struct inputs *inputs, const struct feeds *feeds);

#endif
