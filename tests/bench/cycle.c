/*
 * cycle RUNS KEYS COMMAND… [--next COMMAND…]…: runs the commands in turn, RUNS times, each one to
 * its end, and prints a line for each run, of numbers in microseconds:
 *
 *     command first-byte last-byte end cpu status
 *
 * counted from its execve(2) (cpu: user and system time of all its processes that were waited for).
 * A command without output has -1 as its first and last byte. KEYS are typed at its start.
 */
#include "spawn.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMANDS_MAX 16

static double cpu_us(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static void run(int number, char **argv, const char *keys)
{
    struct spawned spawned = spawn(argv);
    double first = -1, last = -1, end;
    struct rusage usage;
    char bytes[65536];
    int status;

    spawned_type(&spawned, keys);
    close(spawned.keys);
    while (read(spawned.text, bytes, sizeof(bytes)) > 0) {
        last = now_us() - spawned.executed;
        if (first < 0)
            first = last;
    }
    close(spawned.text);
    if (wait4(spawned.pid, &status, 0, &usage) != spawned.pid)
        err(1, "cannot wait for %s", argv[0]);
    end = now_us() - spawned.executed;
    printf("%d %.1f %.1f %.1f %.0f %d\n", number, first, last, end, cpu_us(&usage),
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
    char **commands[COMMANDS_MAX];
    int count = 0;

    if (argc < 4)
        errx(1, "usage: cycle RUNS KEYS COMMAND... [--next COMMAND...]...");
    commands[count++] = argv + 3;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--next") != 0)
            continue;
        argv[i] = NULL;
        if (count == COMMANDS_MAX)
            errx(1, "at most %d commands", COMMANDS_MAX);
        commands[count++] = argv + i + 1;
    }
    for (int runs = atoi(argv[1]); runs > 0; runs--)
        for (int i = 0; i < count; i++)
            run(i, commands[i], argv[2]);
    return 0;
}
