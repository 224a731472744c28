/*
 * crowd COUNT KEYS COMMAND…: COUNT instances of the command at once, each started when the one
 * before has printed its first byte. When all run, KEYS are typed to each and their input is
 * closed. Prints for each the microseconds from its execve(2) to its first byte, the bytes that it
 * printed after the keys, and its exit status; and before that a line "# all run", and waits for a
 * line on its input, so that who watches can have a look.
 */
#include "spawn.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct member {
    struct spawned spawned;
    double first;
    size_t bytes;
    int status;
};

/* Also the bytes that are there by now; the rest of a menu is no answer to a key. */
static void start(struct member *member, char **argv)
{
    char byte;

    member->spawned = spawn(argv);
    if (read(member->spawned.text, &byte, 1) != 1)
        errx(1, "%s ended without a word", argv[0]);
    member->first = now_us() - member->spawned.executed;
}

static void finish(struct member *member)
{
    char bytes[4096];
    ssize_t count;

    while ((count = read(member->spawned.text, bytes, sizeof(bytes))) > 0)
        member->bytes += (size_t)count;
    close(member->spawned.text);
    if (waitpid(member->spawned.pid, &member->status, 0) != member->spawned.pid)
        err(1, "cannot wait for a member of the crowd");
}

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(1, "usage: crowd COUNT KEYS COMMAND...");

    size_t count = strtoul(argv[1], NULL, 10);
    struct member *members = calloc(count, sizeof(*members));
    char line[16];

    if (!members)
        err(1, "calloc");
    for (size_t i = 0; i < count; i++)
        start(&members[i], argv + 3);
    printf("# all run\n");
    fflush(stdout);
    if (!fgets(line, sizeof(line), stdin))
        errx(1, "nobody watches");
    for (size_t i = 0; i < count; i++) {
        spawned_type(&members[i].spawned, argv[2]);
        close(members[i].spawned.keys);
    }
    for (size_t i = 0; i < count; i++) {
        finish(&members[i]);
        printf("%.1f %zu %d\n", members[i].first, members[i].bytes,
               WIFEXITED(members[i].status) ? WEXITSTATUS(members[i].status) : 128);
    }
    free(members);
    return 0;
}
