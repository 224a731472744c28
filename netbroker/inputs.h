/* What the jailer handed over: the feeds file, the trusted authorities, the credentials. */
#ifndef SPARKLER_INPUTS_H
#define SPARKLER_INPUTS_H

#include "feeds.h"

#include <stddef.h>

struct input_file {
    const char *name; /* without "credential." */
    int fd;           /* until it is read */
    char *data;       /* ends with NUL; no line end behind a credential */
    size_t length;
};

struct inputs {
    struct input_file feeds; /* JSON */
    struct input_file ca;    /* PEM */
    size_t credential_count;
    struct input_file *credential;
};

/*
 * Takes the descriptors that LISTEN_FDS and LISTEN_FDNAMES announce (policy/fds.h), reads the feeds
 * file into memory and closes it, and empties the environment. The result lives as long as the
 * process. Ends the program by errx(3), status 1, if something is missing.
 */
struct inputs inputs_take(void);

/*
 * Reads the rest, authorities and credentials, from their beginning into memory, and closes all but
 * the link. A process that is forked before this has none of them. Ends the program by errx(3),
 * status 1, if one is not of use.
 */
void inputs_read_rest(struct inputs *inputs);

/* The credential of that name, or NULL. */
const struct input_file *inputs_credential(const struct inputs *inputs, const char *name);

/* Ends the program by errx(3), status 1, if a feed names a credential that was not handed over. */
void inputs_check(const struct inputs *inputs, const struct feeds *feeds);

#endif
