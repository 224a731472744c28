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
#include <string.h>
#include <unistd.h>

/* A VMM with hundreds of GiB takes its time to die, and nobody waits for the janitor. */
#define MORE_TRIES 300000

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

static void remove_patiently(const struct cgroups *cgroups, const struct cgroup *cgroup)
{
    int why = cgroup_remove(cgroups, cgroup, CGROUP_TRIES);

    if (why == 0)
        return;
    warnx("cannot remove the cgroup %s yet: %s; the janitor tries for five minutes more",
          cgroup->name, strerror(why));
    why = cgroup_remove(cgroups, cgroup, MORE_TRIES);
    if (why != 0)
        warnx("cannot remove the cgroup %s: %s", cgroup->name, strerror(why));
}

_Noreturn void janitor_run(const struct jail *jail)
{
    struct pollfd supervisor = {.fd = JANITOR_FD_SUPERVISOR, .events = POLLIN};

    while (poll(&supervisor, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "the janitor cannot wait for the supervisor");
    remove_patiently(jail->cgroups, &jail->cgroups->broker);
    remove_patiently(jail->cgroups, &jail->cgroups->vmm);
    _exit(0);
}
