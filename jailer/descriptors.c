/* No descriptor but those that the jail was given, each at its number (policy/fds.h). */
#include "jail.h"
#include "kernel.h"

#include "policy/fds.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

/* Above every number that a descriptor is moved to, so that no move overwrites another's source;
 * below the limit of open files. */
#define PARKED JAIL_FDS_MAX
_Static_assert(PARKED + JAIL_FDS_MAX + 2 <= JAIL_FD_READY, "room to park");

/*
 * Closes all descriptors above the standard ones but those to be moved, to free the numbers where
 * they are parked: the jailer has many open, and may have inherited more.
 */
static void close_others(const int *moved, int count)
{
    for (unsigned from = STDERR_FILENO + 1; from != 0;) {
        unsigned next = ~0u;

        for (int i = 0; i < count; i++)
            if (moved[i] >= (int)from && (unsigned)moved[i] < next)
                next = (unsigned)moved[i];
        if (next > from && sys_close_range(from, next - 1) != 0)
            err(1, "cannot close all other descriptors");
        from = next + 1;
    }
}

static int park(int fd)
{
    int parked = fd;

    if (fd >= 0 && (fd < PARKED || fd >= JAIL_FD_READY) &&
        (parked = fcntl(fd, F_DUPFD_CLOEXEC, PARKED)) < 0)
        err(1, "cannot move a descriptor");
    return parked;
}

static void place(int parked, int number, int flags)
{
    if (parked < 0)
        close(number);
    else if (dup3(parked, number, flags) < 0)
        err(1, "cannot move a descriptor to %d", number);
}

static void arrange_descriptors(struct jail *jail)
{
    const int ready = jail->fd_count, program = ready + 1;
    int moved[JAIL_FDS_MAX + 2];

    for (int i = 0; i < jail->fd_count; i++)
        moved[i] = jail->fds[i];
    moved[ready] = jail->ready;
    moved[program] = jail->program;
    close_others(moved, program + 1);
    for (int i = 0; i <= program; i++)
        moved[i] = park(moved[i]);
    for (int i = 0; i < jail->fd_count; i++)
        place(moved[i], i, 0);
    place(moved[ready], JAIL_FD_READY, O_CLOEXEC);
    place(moved[program], JAIL_FD_PROGRAM, O_CLOEXEC);
    if (sys_close_range((unsigned)jail->fd_count, JAIL_FD_READY - 1) != 0 ||
        sys_close_range(JAIL_FD_PROGRAM + 1, ~0u) != 0)
        err(1, "cannot close all other descriptors");
}

const struct lock lock_descriptors = {
    .name = "descriptors",
    .what = "none but those listed in policy/fds.h",
    .roles = EVERY_ROLE,
    .close = arrange_descriptors,
};
