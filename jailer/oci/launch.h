/* Starts the jailer as a container's process. */
#ifndef SPARKLER_OCI_LAUNCH_H
#define SPARKLER_OCI_LAUNCH_H

#include "process.h"

#include <stdbool.h>
#include <stddef.h>

/* A command line that grows; ended by NULL. */
struct arguments {
    const char **list;
    size_t count, room;
};

void arguments_add(struct arguments *arguments, const char *argument);

struct launch {
    struct arguments arguments; /* of the jailer, behind --ready and --stderr */
    int console;                /* a terminal that becomes its input and output; or -1: ours */
    bool own_session;           /* apart from our terminal */
    int log;                    /* its standard error */
};

/*
 * Starts the jailer. Returns the socket at which it says that the jails are built, by a byte, and
 * that it needs an answer from, without which it ends. Ends the program if that fails.
 */
int launch(const struct launch *launch, pid_t *pid);

#endif
