/*
 * sparkler-oci: an OCI runtime. Engines call it as they call runc; a container becomes a VM of the
 * jailer's, whose supervisor is the container's process. It reads config.json and keeps the
 * containers' states, so that the jailer needs no JSON.
 */
#include "command.h"
#include "jailer/ids.h"
#include "log.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From this table, its order and its texts come --help and the completion of shells, too
 * (jailer/completion.awk). */
static const struct command {
    const char *name;
    int (*run)(const struct globals *globals, int argc, char **argv);
    const char *takes, *what; /* NULL: what engines call, and a VM cannot do */
} commands[] = {
    {"create", create_command, "[--bundle DIR] [--pid-file FILE] [--console-socket SOCKET] ID",
     "build the VM; its program waits"},
    {"run", run_command, "[--detach] [--bundle DIR] [--pid-file FILE] [--console-socket SOCKET] ID",
     "create, start, wait, delete"},
    {"start", start_command, "ID", "start the program"},
    {"state", state_command, "ID", "as JSON"},
    {"kill", kill_command, "[--all] ID [SIGNAL]", "SIGTERM; SIGKILL ends the VM"},
    {"delete", delete_command, "[--force] ID", "what a stopped one has left"},
    {"list", list_command, "[--quiet] [--format table|json]", "containers"},
    {"ps", ps_command, "[--format table|json] ID", "the processes of a VM"},
    {"events", events_command, "[--stats] [--interval TIME] ID", "what it uses"},
    {"features", features_command, "", "what this runtime can do, as JSON"},
    {"image", image_command, "[--output FILE] DIR", "make its image in the cache, or as FILE"},
    {"cache", cache_command, "[--limit SIZE | --empty]", "list, bound or remove the images kept"},
    {"exec", unsupported_command, NULL, NULL},
    {"pause", unsupported_command, NULL, NULL},
    {"resume", unsupported_command, NULL, NULL},
    {"update", unsupported_command, NULL, NULL},
    {"checkpoint", unsupported_command, NULL, NULL},
    {"restore", unsupported_command, NULL, NULL},
};

#define COMMANDS    (sizeof(commands) / sizeof(commands[0]))
#define HELP_COLUMN 41 /* of the last */

static const char usage_options[] =
    "Options:\n"
    "  --root DIR            of the containers' states (/run/sparkler-oci)\n"
    "  --log FILE, --log-format text|json\n"
    "  --systemd-cgroup      systemd makes the cgroup, SLICE:PREFIX:NAME\n"
    "  --config FILE         of the administrator's settings (/etc/sparkler/oci.json)\n";

enum option_id {
    ROOT = 1,
    LOG,
    LOG_FORMAT,
    SYSTEMD_CGROUP,
    CONFIG,
    DEBUG,
    HELP = 'h',
    VERSION = 'v'
};

static const struct option names[] = {
    {"root", required_argument, NULL, ROOT},
    {"log", required_argument, NULL, LOG},
    {"log-format", required_argument, NULL, LOG_FORMAT},
    {"systemd-cgroup", no_argument, NULL, SYSTEMD_CGROUP},
    {"config", required_argument, NULL, CONFIG},
    {"debug", no_argument, NULL, DEBUG}, /* there is no more to be said */
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {0},
};

static const char *default_root(void)
{
    const char *directory = getenv("XDG_RUNTIME_DIR");
    char *path;

    if (ids_is_root() || !directory) /* podman's users are root in a namespace of their own */
        return "/run/sparkler-oci";
    if (asprintf(&path, "%s/sparkler-oci", directory) < 0)
        fail_errno("cannot name the directory of the states");
    return path;
}

static _Noreturn void print_help(void)
{
    puts("usage: sparkler-oci [OPTIONS] COMMAND ..., or --help, --version\n"
         "An OCI runtime that runs a container's program in a VM; engines call it like runc.");
    for (size_t i = 0; i < COMMANDS && commands[i].takes; i++) {
        const int length = printf("  %s %s", commands[i].name, commands[i].takes);
        const bool fits = length < HELP_COLUMN;

        printf("%s%*s%s\n", fits ? "" : "\n", HELP_COLUMN - (fits ? length : 0), "",
               commands[i].what);
    }
    fputs(usage_options, stdout);
    exit(0);
}

static struct globals parse(int argc, char **argv)
{
    struct globals globals = {.root = NULL};
    const char *log = NULL, *format = "text";
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:hv", names, NULL)) != -1)
        switch (option) {
        case ROOT:
            globals.root = optarg;
            break;
        case LOG:
            log = optarg;
            break;
        case LOG_FORMAT:
            format = optarg;
            break;
        case SYSTEMD_CGROUP:
            globals.systemd_cgroup = true;
            break;
        case CONFIG:
            globals.settings = optarg;
            break;
        case DEBUG:
            break;
        case HELP:
            print_help();
        case VERSION:
            puts("sparkler-oci version " SPARKLER_VERSION "\nspec: 1.0.2");
            exit(0);
        default:
            fail("%s: %s; see sparkler-oci --help", argv[optind - 1],
                 option == ':' ? "a value is missing" : "no such option");
        }
    log_open(log, format);
    if (!globals.root)
        globals.root = default_root();
    return globals;
}

/* If one was closed, messages would go to the next file that is opened. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static bool is_help(const char *word)
{
    return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

int main(int argc, char **argv)
{
    struct globals globals;
    int first;

    fill_standard_descriptors();
    globals = parse(argc, argv);
    first = optind;
    if (first == argc)
        fail("which command? See sparkler-oci --help");
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[first], commands[i].name) == 0) {
            int status;

            if (is_help(argv[first + 1]))
                print_help();
            optind = 0; /* start anew */
            status = commands[i].run(&globals, argc - first, argv + first);
            if (fflush(stdout) != 0 || ferror(stdout))
                fail_errno("cannot write to standard output");
            return status;
        }
    fail("%s: no such command; see sparkler-oci --help", argv[first]);
}
