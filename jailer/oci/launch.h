/* Starts the jailer as a container's process. */
#ifndef SPARKLER_OCI_LAUNCH_H
#define SPARKLER_OCI_LAUNCH_H

#include "group.h"
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
    int ready;                  /* a socket: --ready */
    const struct group *group;  /* that it enters, once it is made: */
    const struct config_cgroup *limits;
};

/* Makes the cgroup and starts the jailer in it, whose pid it returns. Ends the program if that
 * fails.
 */
pid_t launch(const struct launch *launch);

#endif
