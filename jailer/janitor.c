/*
 * The janitor: waits for the supervisor's death, then removes the VM's cgroups. Usually the
 * supervisor has removed them itself, and kills the janitor.
 */
#include "cgroup.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* Nobody waits for the janitor, and a VMM with hundreds of GiB takes its time to die. */
#define REMOVE_TRIES 300000

void janitor_await_cgroups(struct jail *janitor)
{
    char made;
    ssize_t n;

    close(janitor->cgroups_made[1]);
    while ((n = read(janitor->cgroups_made[0], &made, 1)) < 0)
        if (errno != EINTR)
            err(1, "the janitor cannot wait for the cgroups");
    if (n == 0 && janitor->as_root)
        janitor->uid = janitor->euid = 0;
}

_Noreturn void janitor_run(const struct jail *jail)
{
    struct pollfd supervisor = {.fd = JANITOR_FD_SUPERVISOR, .events = POLLIN};

    while (poll(&supervisor, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "the janitor cannot wait for the supervisor");
    cgroup_remove(jail->cgroups, &jail->cgroups->broker, REMOVE_TRIES);
    cgroup_remove(jail->cgroups, &jail->cgroups->vmm, REMOVE_TRIES);
    _exit(0);
}
