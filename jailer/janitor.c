/*
 * The janitor: waits for the supervisor's death, and then removes the VM's cgroups. When all goes
 * well the supervisor does that itself, and the janitor with it.
 */
#include "cgroup.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

_Noreturn void janitor_run(const struct jail *jail)
{
    struct pollfd supervisor = {.fd = FD_SUPERVISOR_PID, .events = POLLIN};

    while (poll(&supervisor, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "the janitor cannot wait for the supervisor");
    cgroups_remove(jail->cgroups);
    exit(0);
}
