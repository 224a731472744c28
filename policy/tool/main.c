/* sparkler-policy: its commands, and where it finds the policies. */
#include "policy/tool/audit.h"
#include "policy/tool/compare.h"
#include "policy/tool/compile.h"
#include "policy/tool/explain.h"
#include "policy/tool/feed_table.h"
#include "policy/tool/record_summary.h"
#include "policy/tool/wrap.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What a command is called with. */
struct call {
    char **operands;       /* behind the command and its option, up to NULL */
    bool json, all;        /* its option */
    const char *directory; /* of the policies, NULL unless it is needed */
};

static bool check(const struct call *call)
{
    bool fine = true;

    for (char **path = call->operands; *path; path++)
        fine &= compile(*path, false);
    return fine;
}

static bool compile_one(const struct call *call)
{
    return compile(call->operands[0], true);
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

static bool explain(const struct call *call)
{
    const char *name = call->operands[0];
    const struct process *process = name ? process_find(name) : NULL;

    if (name && !process)
        errx(1, "cannot explain '%s': there is no such process; see sparkler-policy --help", name);
    if (call->json)
        explain_json(process, call->directory);
    else if (process)
        explain_process(process, call->directory);
    else
        explain_table(call->directory);
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

static bool audit_one_or_all(const struct call *call)
{
    const char *which = call->operands[0];

    return call->all ? audit_all(which, call->directory) : audit(parse_pid(which), call->directory);
}

static bool feeds(const struct call *call)
{
    if (call->json)
        feed_table_json(call->operands[0]);
    else
        feed_table_print(call->operands[0]);
    return true;
}

static bool record(const struct call *call)
{
    return record_summary(call->operands[0], call->json);
}

/* From this table, its texts and the names of the processes come --help and the completion of
 * shells, too (jailer/completion.awk). */
static const struct command {
    const char *name;
    bool (*run)(const struct call *call);
    const char *takes, *what;
    int least, most; /* operands */
    bool needs_policies;
} commands[] = {
    {"check", check, "FILE...",
     "report each mistake in these policies, compile them, and compare the filters with the files, "
     "call by call",
     1, INT_MAX, false},
    {"compile", compile_one, "FILE", "the same, and print the filter as C source if all is well", 1,
     1, false},
    {"explain", explain, "[--json] [PROCESS]",
     "print a table of what each process may do; or say in words what one may do, and why", 0, 1,
     true},
    {"audit", audit_one_or_all, "PID | --all ID",
     "compare the filters that the kernel holds for a process with the policies, and print what "
     "else confines it; or do that for each process of every VM started with --id ID",
     1, 1, true},
    {"feeds", feeds, "[--json] FILE",
     "print what a feeds file lets a guest ask of whom, and how many bits an hour that can tell", 1,
     1, false},
    {"record", record, "[--json] FILE", "count what jailer --record has written, by feed", 1, 1,
     false},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
    struct wrap row;

    puts("usage: sparkler-policy [--policy-dir DIRECTORY] COMMAND, or --help, --version\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %s %s\n", commands[i].name, commands[i].takes);
        row = wrap_begin("");
        wrap_words(&row, commands[i].what);
        wrap_end(&row);
    }
    row = wrap_begin("PROCESS");
    for (const struct process *process = processes; process->name; process++)
        wrap_print(&row, "%s%s", process->name, process[1].name ? "," : "");
    wrap_end(&row);
    puts("\nThe policies are found by the path of this program unless --policy-dir names their\n"
         "directory. The exit status is 0 only if there is no mistake, no difference and no\n"
         "malformed line.");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    errx(1, "%s: no such command; see sparkler-policy --help", name);
}

/* Whether the next operand is this option, and the command takes it; then it is skipped. */
static bool skip_option(struct call *call, const struct command *command, const char *option)
{
    const char *next = call->operands[0];
    const bool found = next && strcmp(next, option) == 0 && strstr(command->takes, option);

    call->operands += found;
    return found;
}

enum option_id { POLICY_DIR = 1, VERSION, HELP = 'h' };

static const struct option names[] = {
    {"policy-dir", required_argument, NULL, POLICY_DIR},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {0},
};

/* An audit that a full disk has cut short must not pass for a whole one. */
static int end(bool fine)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        err(1, "cannot write to standard output");
    return fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct call call = {0};
    int option, count = 0;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:h", names, NULL)) != -1)
        switch (option) {
        case POLICY_DIR:
            call.directory = optarg;
            break;
        case HELP:
            print_help();
            return end(true);
        case VERSION:
            puts("sparkler-policy " SPARKLER_VERSION);
            return end(true);
        default:
            errx(1, "%s: %s; see sparkler-policy --help", argv[optind - 1],
                 option == ':' ? "a value is missing" : "no such option");
        }
    if (optind == argc)
        errx(1, "which command? See sparkler-policy --help");
    command = find_command(argv[optind]);
    call.operands = argv + optind + 1;
    call.json = skip_option(&call, command, "--json");
    call.all = skip_option(&call, command, "--all");
    while (call.operands[count])
        count++;
    if (count < command->least || count > command->most)
        errx(1, "%s: expected %s; see sparkler-policy --help", command->name, command->takes);
    if (command->needs_policies && !call.directory)
        call.directory = find_directory();
    return end(command->run(&call));
}
