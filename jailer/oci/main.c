/*
 * sparkler-oci: an OCI runtime. Engines call it as they call runc; a container becomes a VM of the
 * jailer's, whose supervisor is the container's process. It reads config.json and keeps the
 * containers' states, so that the jailer needs no JSON.
 */
#include "command.h"
#include "jailer/ids.h"
#include "log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: sparkler-oci [OPTIONS] COMMAND ..., or --help, --version\n"
    "An OCI runtime that runs a container's program in a VM; engines call it like runc.\n"
    "  create [--bundle DIR] [--pid-file FILE] [--console-socket SOCKET] ID\n"
    "  run [--detach] [the same] ID       create, start, wait, delete\n"
    "  start ID\n"
    "  state ID\n"
    "  kill [--all] ID [SIGNAL]           SIGTERM; SIGKILL ends the VM\n"
    "  delete [--force] ID\n"
    "  list, ps ID [--format table|json]  containers; the processes of a VM\n"
    "  events [--stats] ID                what it uses\n"
    "  features\n"
    "  image [--output FILE] DIRECTORY    make its image in the cache, or as FILE\n"
    "  cache [--limit SIZE | --empty]     list the images kept; bound them; remove them\n"
    "Options:\n"
    "  --root DIR            of the containers' states (/run/sparkler-oci)\n"
    "  --log FILE, --log-format text|json\n"
    "  --systemd-cgroup      systemd makes the cgroup, SLICE:PREFIX:NAME\n"
    "  --config FILE         of the administrator's settings (/etc/sparkler/oci.json)\n";

static const struct command {
    const char *name;
    int (*run)(const struct globals *globals, int argc, char **argv);
} commands[] = {
    {"create", create_command},
    {"run", run_command},
    {"start", start_command},
    {"state", state_command},
    {"kill", kill_command},
    {"delete", delete_command},
    {"list", list_command},
    {"ps", ps_command},
    {"events", events_command},
    {"features", features_command},
    {"image", image_command},
    {"cache", cache_command},
    {"exec", unsupported_command},
    {"pause", unsupported_command},
    {"resume", unsupported_command},
    {"update", unsupported_command},
    {"checkpoint", unsupported_command},
    {"restore", unsupported_command},
};

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

static _Noreturn void print_and_end(const char *text)
{
    fputs(text, stdout);
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
            print_and_end(usage);
        case VERSION:
            print_and_end("sparkler-oci version " SPARKLER_VERSION "\nspec: 1.0.2\n");
        default:
            fail("%s: %s; see sparkler-oci --help", argv[optind - 1],
                 option == ':' ? "a value is missing" : "no such option");
        }
    log_open(log, format);
    if (!globals.root)
        globals.root = default_root();
    return globals;
}

int main(int argc, char **argv)
{
    const struct globals globals = parse(argc, argv);
    const int first = optind;

    if (first == argc)
        fail("which command? See sparkler-oci --help");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[first], commands[i].name) == 0) {
            optind = 0; /* start anew */
            return commands[i].run(&globals, argc - first, argv + first);
        }
    fail("%s: no such command; see sparkler-oci --help", argv[first]);
}
