/* sparkler-policy: its commands, and where it finds the policies. */
#include "policy/tool/audit.h"
#include "policy/tool/compare.h"
#include "policy/tool/compile.h"
#include "policy/tool/explain.h"
#include "policy/tool/feed_table.h"
#include "policy/tool/record_summary.h"

#include <err.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: sparkler-policy [--policy-dir DIRECTORY] COMMAND\n"
    "\n"
    "  check FILE...      report each mistake in these policies, compile them, and compare the\n"
    "                     filters with the files, call by call\n"
    "  compile FILE       the same, and print the filter as C source if all is well\n"
    "  explain            print a table of what each process may do\n"
    "  explain PROCESS    say in words what one process may do, and why\n"
    "  explain --json [PROCESS]\n"
    "                     the same as JSON\n"
    "  audit PID          compare the filters that the kernel holds for a process with the\n"
    "                     policies, and print what else confines it\n"
    "  audit --all ID     the same for each process of every VM started with --id ID\n"
    "  feeds FILE         print what a feeds file lets a guest ask of whom, and how many bits an\n"
    "                     hour that can tell\n"
    "  record FILE        count what jailer --record has written, by feed\n"
    "  feeds --json FILE, record --json FILE\n"
    "                     the same as JSON\n"
    "\n"
    "PROCESS is sparkler-vmm, sparkler-linux (the VMM of a Linux program), sparkler-netbroker,\n"
    "resolver, warden, supervisor or janitor. The policies are found by the path of this program\n"
    "unless --policy-dir names their directory. The exit status is 0 only if there is no mistake,\n"
    "no difference and no malformed line.\n";

/*
 * Lints a policy, compiles it, and compares the filter with the file. If all is well, prints the
 * filter as C or, for `check`, what was compared. Returns whether all is well.
 */
static bool compile(const char *path, bool as_c)
{
    static struct sock_filter instructions[BPF_MAXINSNS];
    struct sock_fprog filter = {.filter = instructions};
    struct policy_file policy;
    struct oracle oracle;
    struct compared compared;
    bool fine;

    if (policy_parse(path, &policy) != 0) {
        policy_free(&policy);
        return false;
    }
    filter.len = policy_compile(&policy, instructions);
    oracle = oracle_read(path);
    compared = compare(&policy, &oracle, &filter, stderr);
    fine = compared_same(&compared);
    if (fine && as_c) {
        policy_print(&policy, instructions, filter.len);
    } else {
        FILE *out = fine ? stdout : stderr;

        fprintf(out, "%s: %zu rules, %u instructions; %" PRIu64 " calls compared, ", path,
                policy.count, filter.len, compared.calls);
        compared_print(&compared, out);
    }
    oracle_free(&oracle);
    policy_free(&policy);
    return fine;
}

static bool check_all(char **paths)
{
    bool fine = true;

    for (; *paths; paths++)
        fine &= compile(*paths, false);
    return fine;
}

/* Where the policies are: in the source tree above build/, or where they were installed. */
static const char *find_directory(void)
{
    static const char *const places[] = {"../policy", "../../policy", "../share/sparkler/policy"};
    static char directory[PATH_MAX];
    char program[PATH_MAX] = "", path[PATH_MAX + 64];
    const char *beside;

    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        err(1, "cannot find the policies: /proc/self/exe cannot be read");
    beside = dirname(program);
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        snprintf(path, sizeof(path), "%s/%s/vmm.policy", beside, places[i]);
        if (access(path, R_OK) == 0 && realpath(dirname(path), directory))
            return directory;
    }
    errx(1, "cannot find the policies near %s; name their directory with --policy-dir", beside);
}

static bool explain(char **arguments, const char *directory)
{
    bool json = *arguments && strcmp(*arguments, "--json") == 0;
    const char *name = arguments[json ? 1 : 0];
    const struct process *process = name ? process_find(name) : NULL;

    if (name && !process)
        errx(1, "cannot explain '%s': there is no such process; see sparkler-policy --help", name);
    if (json)
        explain_json(process, directory);
    else if (process)
        explain_process(process, directory);
    else
        explain_table(directory);
    return true;
}

static bool feeds(const char *file, bool json)
{
    if (json)
        feed_table_json(file);
    else
        feed_table_print(file);
    return true;
}

static pid_t parse_pid(const char *text)
{
    char *end;
    long pid = strtol(text, &end, 10);

    if (*end || pid <= 0 || pid > INT_MAX)
        errx(1, "cannot audit '%s': expected a pid, or --all and an id", text);
    return pid;
}

int main(int argc, char **argv)
{
    const char *directory = NULL, *command;
    bool json;

    if (argc > 2 && strcmp(argv[1], "--policy-dir") == 0) {
        directory = argv[2];
        argv += 2;
        argc -= 2;
    }
    command = argc > 1 ? argv[1] : "";
    if (!directory && (strcmp(command, "explain") == 0 || strcmp(command, "audit") == 0))
        directory = find_directory();

    if (strcmp(command, "--help") == 0)
        return fputs(usage, stdout) == EOF;
    if (strcmp(command, "check") == 0 && argc > 2)
        return check_all(argv + 2) ? 0 : 1;
    if (strcmp(command, "compile") == 0 && argc == 3)
        return compile(argv[2], true) ? 0 : 1;
    if (strcmp(command, "explain") == 0 && argc <= 4)
        return explain(argv + 2, directory) ? 0 : 1;
    if (strcmp(command, "audit") == 0 && argc == 4 && strcmp(argv[2], "--all") == 0)
        return audit_all(argv[3], directory) ? 0 : 1;
    if (strcmp(command, "audit") == 0 && argc == 3)
        return audit(parse_pid(argv[2]), directory) ? 0 : 1;
    json = argc == 4 && strcmp(argv[2], "--json") == 0;
    if (strcmp(command, "feeds") == 0 && argc == 3 + json)
        return feeds(argv[2 + json], json) ? 0 : 1;
    if (strcmp(command, "record") == 0 && argc == 3 + json)
        return record_summary(argv[2 + json], json) ? 0 : 1;
    fputs(usage, stderr);
    return 1;
}
