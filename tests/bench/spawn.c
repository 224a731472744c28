/* Starts a command between two pipes: see spawn.h. */
#include "spawn.h"

#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct spawned spawn(char **argv)
{
    double *stamp =
        mmap(NULL, sizeof(*stamp), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int keys[2], text[2];
    struct spawned spawned;

    if (stamp == MAP_FAILED || pipe2(keys, O_CLOEXEC) != 0 || pipe2(text, O_CLOEXEC) != 0)
        err(1, "cannot prepare to start %s", argv[0]);
    *stamp = 0; /* the page is there before the clock runs */
    /* vfork(2): the child's first steps do not depend on how large this process is */
    spawned.pid = vfork();
    if (spawned.pid == 0) {
        dup2(keys[0], STDIN_FILENO);
        dup2(text[1], STDOUT_FILENO);
        *stamp = now_us();
        execvp(argv[0], argv);
        _exit(127);
    }
    if (spawned.pid < 0)
        err(1, "cannot start %s", argv[0]);
    close(keys[0]);
    close(text[1]);
    spawned.keys = keys[1];
    spawned.text = text[0];
    spawned.executed = *stamp;
    munmap(stamp, sizeof(*stamp));
    return spawned;
}

void spawned_type(const struct spawned *spawned, const char *keys)
{
    if (write(spawned->keys, keys, strlen(keys)) != (ssize_t)strlen(keys))
        err(1, "cannot type to the command");
}
