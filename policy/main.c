/* sparkler-policy: chooses the command. */
#include "policy/compile.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: sparkler-policy COMMAND\n"
                            "\n"
                            "  check FILE...    reports each mistake in these policies\n"
                            "  compile FILE     prints the policy's filter as C source\n";

static int command_check(char **paths)
{
    unsigned mistakes = 0;

    for (; *paths; paths++) {
        struct policy_file policy;
        unsigned found = policy_parse(*paths, &policy);

        if (found == 0)
            printf("%s: %zu system calls\n", *paths, policy.count);
        mistakes += found;
        policy_free(&policy);
    }
    return mistakes ? 1 : 0;
}

static int command_compile(const char *path)
{
    static struct sock_filter filter[BPF_MAXINSNS];
    struct policy_file policy;
    unsigned mistakes = policy_parse(path, &policy);

    if (mistakes == 0)
        policy_print(&policy, filter, policy_compile(&policy, filter));
    policy_free(&policy);
    return mistakes ? 1 : 0;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (strcmp(command, "check") == 0 && argc > 2)
        return command_check(argv + 2);
    if (strcmp(command, "compile") == 0 && argc == 3)
        return command_compile(argv[2]);
    fputs(usage, stderr);
    return 1;
}
