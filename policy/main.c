/* sparkler-policy: chooses the command. */
#include "policy/compare.h"
#include "policy/compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: sparkler-policy COMMAND\n"
                            "\n"
                            "  check FILE...    reports each mistake in these policies\n"
                            "  compile FILE     prints the policy's filter as C source\n";

/* Lints a policy, compiles it, and compares the filter with the file. */
static bool check(const char *path)
{
    static struct sock_filter instructions[BPF_MAXINSNS];
    struct sock_fprog filter = {.filter = instructions};
    struct policy_file policy;
    struct oracle oracle;
    struct compared compared;

    if (policy_parse(path, &policy) != 0) {
        policy_free(&policy);
        return false;
    }
    filter.len = policy_compile(&policy, instructions);
    oracle = oracle_read(path);
    compared = compare(&policy, &oracle, &filter);
    printf("%s: %zu system calls, %u instructions; %" PRIu64 " calls compared, %" PRIu64
           " differ, %u branches unreached\n",
           path, policy.count, filter.len, compared.calls, compared.differences,
           compared.unreached);
    oracle_free(&oracle);
    policy_free(&policy);
    return compared.differences == 0 && compared.unreached == 0;
}

static int command_check(char **paths)
{
    bool fine = true;

    for (; *paths; paths++)
        fine &= check(*paths);
    return fine ? 0 : 1;
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
