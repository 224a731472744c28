/* Compares the descriptors of a process with those that it may hold. */
#include "policy/tool/descriptors.h"

#include "policy/tool/proc.h"
#include "policy/tool/wrap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool begins(const char *text, const char *with)
{
    return with && strncmp(text, with, strlen(with)) == 0;
}

/* Only supervisor and janitor may hold a terminal. */
static bool is_terminal(pid_t pid, int fd)
{
    struct stat status;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    return stat(path, &status) == 0 && S_ISCHR(status.st_mode) &&
           (major(status.st_rdev) == 4 || major(status.st_rdev) == 5 ||     /* tty, console */
            (major(status.st_rdev) >= 136 && major(status.st_rdev) < 144)); /* pts */
}

static bool is_listed(const struct process *process, int fd, const char *target)
{
    if (!process)
        return false;
    for (const struct descriptor *d = process->descriptors; d->targets[0]; d++)
        if (d->first <= fd && fd <= d->last &&
            (begins(target, d->targets[0]) || begins(target, d->targets[1])))
            return true;
    return false;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    return atoi((*a)->d_name) - atoi((*b)->d_name);
}

bool report_descriptors(pid_t pid, const struct process *process)
{
    struct wrap line = wrap_begin("descriptors");
    char path[64], target[PROC_LINK_MAX];
    struct dirent **entries;
    bool fine = true;
    int count;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    count = scandir(path, &entries, NULL, by_number);
    for (int i = 0; i < count; i++) {
        int fd = atoi(entries[i]->d_name);

        if (proc_link(pid, "fd", entries[i]->d_name, target)) {
            const char *wrong = "";

            if (!is_listed(process, fd, target))
                wrong = "WRONG, not in policy/fds.h: ";
            else if ((process->role & (VMM | BROKER)) && is_terminal(pid, fd))
                wrong = "WRONG, a terminal: ";
            wrap_print(&line, "%s%d=%s", wrong, fd, target);
            fine &= !*wrong;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    wrap_end(&line);
    return fine && count > 0;
}
