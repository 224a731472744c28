/*
 * rate SECONDS AT-A-TIME COMMAND…: starts the command again and again, AT-A-TIME of them side by
 * side, and prints how many ended with status 0, how many did not, and the seconds that it took.
 */
#include "spawn.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void start(char **argv)
{
    pid_t child = vfork();

    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0)
        err(1, "cannot start %s", argv[0]);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(1, "usage: rate SECONDS AT-A-TIME COMMAND...");

    double begin = now_us(), deadline = begin + atof(argv[1]) * 1e6;
    int running = 0, at_a_time = atoi(argv[2]), good = 0, bad = 0, status;
    int report = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (report < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        err(1, "cannot prepare");
    fcntl(report, F_SETFD, FD_CLOEXEC);
    for (; running < at_a_time; running++)
        start(argv + 3);
    while (running > 0) {
        if (wait(&status) < 0)
            err(1, "wait");
        if (status == 0)
            good++;
        else
            bad++;
        if (now_us() < deadline)
            start(argv + 3);
        else
            running--;
    }
    dprintf(report, "%d %d %.3f\n", good, bad, (now_us() - begin) / 1e6);
    return 0;
}
