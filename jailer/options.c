/* Reads the command line; says what is wrong with it. */
#include "options.h"

#include "ids.h"

#include "values.h"

#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where things are installed, as seen from the jailer's own directory. */
#define LIBEXECDIR "../libexec/sparkler"
#define DATADIR    "../share/sparkler"

static const char usage[] =
    "usage: jailer [OPTIONS] [-- ARGUMENTS OF PROGRAM], or --help[=linux], --version\n"
    "Runs a guest on /dev/kvm in a jail, and a network broker in another.\n"
    "  --program FILE, --root IMAGE   a Linux program; --help=linux has its options\n"
    "  --guest FILE          flat 16-bit image to run in its place (the monitor)\n"
    "  --mem SIZE, --lock-memory   guest memory (1M; Linux: 512M); never swapped\n"
    "  --feeds FILE          what the network may be used for (feeds.json)\n"
    "  --record FILE, --offline-samples   questions as JSON; samples without network\n"
    "  --credential NAME=FILE, --ca FILE   key or token, repeatable; authorities\n"
    "  --console auto|safe|raw  escape sequences for the terminal: safe ones, all\n"
    "  --timeout SECONDS, --pid-file FILE   end it then; has the pid while it runs\n"
    "  --status FILE         its counters, as OpenMetrics text for Prometheus\n"
    "  --hold FIFO, --ready FD, --stderr FD, --pass-signals   for container runtimes\n"
    "  --daemonize           no console; the log is stderr, unless that is a terminal\n"
    "  --id ID, --uid UID, --gid GID   name (from the pid) and ids of the jails\n"
    "  --userns, --netns PATH  user namespaces even when root; the broker's network\n"
    "  --resource-limit NAME=VALUE   as, fsize, nofile... of both jails; repeatable\n"
    "  --cgroup [broker:]FILE=VALUE, --parent-cgroup PATH   limits; where (sparkler)\n"
    "  --exec PROGRAM, --broker PROGRAM  (sparkler-vmm, sparkler-netbroker)\n"
    "  --explain, --timing   print the locks, run nothing; print a start's phases\n"
    "Exit: 0 halted, 1 set-up, 2 guest failed, 3 limit, 4 console closed, 128+signal\n";

static const char usage_linux[] =
    "usage: jailer [OPTIONS] --program FILE [-- ARGUMENTS] | --root IMAGE -- PROGRAM\n"
    "Runs a Linux program in a VM, with what it needs; what it writes ends with it.\n"
    "  --program FILE        static program of the host's, or dynamic for --root\n"
    "  --root IMAGE          EROFS image of its file system (make image)\n"
    "  --mount PATH=IMAGE    another one, read-only at PATH; repeatable, as are:\n"
    "  --file [PATH=]FILE    a file of the host's, in /input or at PATH\n"
    "  --tmpfs PATH[=OPTIONS]   an empty one in memory: size=64M,mode=700,uid=5,ro\n"
    "  --env NAME=VALUE      a variable (PATH; HOME by /etc/passwd; TERM)\n"
    "  --rlimit NAME=SOFT[:HARD]   a limit: as, cpu, fsize, nofile, nproc, stack...\n"
    "  --read-only           it cannot write to the root, only to each --tmpfs\n"
    "  --user UID[:GID[:GROUP,...]]   who it is inside the VM (0)\n"
    "  --cwd PATH            where it starts (/); made if it is missing\n"
    "  --hostname NAME       what the VM is called inside (sparkler)\n"
    "  --trace               print its system calls\n"
    "Every option of a VM is one of its, too: --mem SIZE (512M), --console (safe)...\n"
    "Exit: its own status, or 124 time limit, 125 set-up, 126 cannot be executed,\n"
    "127 not found, 137 memory limit, 128+signal\n";

/* Where the jailer's own program is, with a slash at the end. */
static void find_own_directory(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

    if (length <= 0 || length == PATH_MAX)
        err(1, "cannot find the jailer's own directory: readlink /proc/self/exe");
    while (path[length - 1] != '/')
        length--;
    path[length] = '\0';
}

/* A path to `name`: itself if it has a slash, else in `own`, else in `directory` below that. */
static const char *look_up(const char *name, const char *own, const char *directory)
{
    char *path;

    if (strchr(name, '/'))
        return name;
    if (asprintf(&path, "%s%s", own, name) < 0)
        err(1, "asprintf");
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    if (asprintf(&path, "%s%s/%s", own, directory, name) < 0)
        err(1, "asprintf");
    return path;
}

static void set_defaults(struct options *options)
{
    char own[PATH_MAX], *id;

    find_own_directory(own);
    options->root = ids_is_root();
    options->id_given = options->id != NULL;
    options->uid_given = options->uid != 0;
    if (!options->uid_given)
        options->uid = ids_pick(options->id);
    if (options->gid == 0)
        options->gid = options->uid;
    if (!options->id_given) {
        if (asprintf(&id, "vm-%d", getpid()) < 0)
            err(1, "asprintf");
        options->id = id;
    }
    options->manager = getenv("NOTIFY_SOCKET");
    if (options->manager && *options->manager == '\0')
        options->manager = NULL;
    options->feeds_given = options->feeds != NULL;
    options->ca_given = options->ca != NULL;
    if (options->memory_bytes == 0)
        options->memory_bytes = memory_preset(options->is_linux);
    if (!options->guest)
        options->guest = look_up(options->is_linux ? "linux.bin" : "monitor.bin", own, DATADIR);
    if (!options->directory)
        options->directory = "/";
    if (!options->hostname)
        options->hostname = "sparkler";
    if (!options->feeds)
        options->feeds = look_up("feeds.json", own, DATADIR);
    if (!options->ca)
        options->ca = "/etc/ssl/certs/ca-certificates.crt";
    if (!options->broker)
        options->broker = "sparkler-netbroker";
    options->broker = look_up(options->broker, own, LIBEXECDIR);
    options->program = look_up(options->program, own, LIBEXECDIR);
}

enum option_id {
    EXEC = 1,
    GUEST,
    LINUX_PROGRAM,
    LINUX_ROOT,
    MOUNT,
    LINUX_FILE,
    TMPFS,
    READ_ONLY,
    USER,
    HOSTNAME,
    RLIMIT,
    ENVIRONMENT,
    DIRECTORY,
    TRACE,
    MEM,
    LOCK_MEMORY,
    FEEDS,
    OFFLINE_SAMPLES,
    RECORD,
    CREDENTIAL,
    CA,
    BROKER_PROGRAM,
    CONSOLE,
    TIMEOUT,
    HOLD,
    READY,
    PASS_SIGNALS,
    PROGRAM_ERROR,
    ID,
    UID,
    GID,
    USERNS,
    NETNS,
    RESOURCE_LIMIT,
    CGROUP,
    PARENT_CGROUP,
    DAEMONIZE,
    PID_FILE,
    STATUS,
    EXPLAIN,
    TIMING,
    HELP = 'h', /* the short -h is the same */
    VERSION,
};

static const struct option names[] = {
    {"exec", required_argument, NULL, EXEC},
    {"guest", required_argument, NULL, GUEST},
    {"program", required_argument, NULL, LINUX_PROGRAM},
    {"root", required_argument, NULL, LINUX_ROOT},
    {"mount", required_argument, NULL, MOUNT},
    {"file", required_argument, NULL, LINUX_FILE},
    {"tmpfs", required_argument, NULL, TMPFS},
    {"read-only", no_argument, NULL, READ_ONLY},
    {"user", required_argument, NULL, USER},
    {"hostname", required_argument, NULL, HOSTNAME},
    {"rlimit", required_argument, NULL, RLIMIT},
    {"env", required_argument, NULL, ENVIRONMENT},
    {"cwd", required_argument, NULL, DIRECTORY},
    {"trace", no_argument, NULL, TRACE},
    {"mem", required_argument, NULL, MEM},
    {"lock-memory", no_argument, NULL, LOCK_MEMORY},
    {"feeds", required_argument, NULL, FEEDS},
    {"offline-samples", no_argument, NULL, OFFLINE_SAMPLES},
    {"record", required_argument, NULL, RECORD},
    {"credential", required_argument, NULL, CREDENTIAL},
    {"ca", required_argument, NULL, CA},
    {"broker", required_argument, NULL, BROKER_PROGRAM},
    {"console", required_argument, NULL, CONSOLE},
    {"timeout", required_argument, NULL, TIMEOUT},
    {"hold", required_argument, NULL, HOLD},
    {"ready", required_argument, NULL, READY},
    {"pass-signals", no_argument, NULL, PASS_SIGNALS},
    {"stderr", required_argument, NULL, PROGRAM_ERROR},
    {"id", required_argument, NULL, ID},
    {"uid", required_argument, NULL, UID},
    {"gid", required_argument, NULL, GID},
    {"userns", no_argument, NULL, USERNS},
    {"netns", required_argument, NULL, NETNS},
    {"resource-limit", required_argument, NULL, RESOURCE_LIMIT},
    {"cgroup", required_argument, NULL, CGROUP},
    {"parent-cgroup", required_argument, NULL, PARENT_CGROUP},
    {"daemonize", no_argument, NULL, DAEMONIZE},
    {"pid-file", required_argument, NULL, PID_FILE},
    {"status", required_argument, NULL, STATUS},
    {"explain", no_argument, NULL, EXPLAIN},
    {"timing", no_argument, NULL, TIMING},
    {"help", optional_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {0},
};

/* Not by exit(3), which says that a Linux program's set-up has failed. */
static _Noreturn void print_and_end(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
    _exit(0);
}

static void set_option(struct options *options, enum option_id option, char *value)
{
    switch (option) {
    case EXEC:
        options->program = value;
        break;
    case GUEST:
        options->guest = value;
        break;
    case LINUX_PROGRAM:
        options->linux_program = value;
        options->program_path = input_path(value);
        break;
    case LINUX_ROOT:
        options->linux_root = value;
        break;
    case MOUNT:
        mount_option(value, &options->mounts);
        break;
    case LINUX_FILE:
        file_option(value, &options->mounts);
        break;
    case TMPFS:
        tmpfs_option(value, &options->mounts);
        break;
    case READ_ONLY:
        options->read_only = true;
        break;
    case USER:
        options->user = user_option(value);
        options->user_given = true;
        break;
    case HOSTNAME:
        options->hostname = hostname_option(value);
        break;
    case RLIMIT:
        rlimit_option(value, &options->rlimits);
        break;
    case ENVIRONMENT:
        environment_option(value, &options->environment);
        break;
    case DIRECTORY:
        options->directory = directory_option(value);
        break;
    case TRACE:
        options->trace = true;
        break;
    case MEM:
        options->memory_bytes = memory_option(value, options->is_linux);
        break;
    case LOCK_MEMORY:
        options->lock_memory = true;
        break;
    case FEEDS:
        options->feeds = value;
        break;
    case OFFLINE_SAMPLES:
        options->offline_samples = true;
        break;
    case RECORD:
        options->record = value;
        break;
    case CREDENTIAL:
        credential_option(value, &options->credentials);
        break;
    case CA:
        options->ca = value;
        break;
    case BROKER_PROGRAM:
        options->broker = value;
        break;
    case CONSOLE:
        options->console = console_option(value);
        break;
    case TIMEOUT:
        options->timeout_seconds = (unsigned)number_option("timeout", value, 1, INT_MAX / 1000);
        break;
    case HOLD:
        options->hold = value;
        break;
    case READY:
        options->ready = descriptor_option("ready", value);
        break;
    case PASS_SIGNALS:
        options->pass_signals = true;
        break;
    case PROGRAM_ERROR:
        options->program_error = descriptor_option("stderr", value);
        break;
    case ID:
        options->id = id_option(value);
        break;
    case UID:
        options->uid = (uid_t)number_option("uid", value, 1, UINT32_MAX - 2);
        break;
    case GID:
        options->gid = (gid_t)number_option("gid", value, 1, UINT32_MAX - 2);
        break;
    case USERNS:
        options->userns = true;
        break;
    case NETNS:
        options->netns = value;
        break;
    case RESOURCE_LIMIT:
        setting_option("resource-limit", "NAME=VALUE", value, &options->limits);
        break;
    case CGROUP:
        cgroup_option(value, &options->cgroup_limits);
        break;
    case PARENT_CGROUP:
        options->parent_cgroup = parent_cgroup_option(value);
        options->parent_given = true;
        break;
    case DAEMONIZE:
        options->daemonize = true;
        break;
    case PID_FILE:
        options->pid_file = value;
        break;
    case STATUS:
        options->status = value;
        break;
    case EXPLAIN:
        options->explain = true;
        break;
    case TIMING:
        options->timing = true;
        break;
    case HELP:
        if (value && strcmp(value, "linux") != 0)
            errx(1, "--help=%s: expected --help or --help=linux", value);
        print_and_end(value ? usage_linux : usage);
    case VERSION:
        print_and_end("sparkler " SPARKLER_VERSION "\n");
    }
}

/* A first look, since the range of --mem and the status of a mistake depend on it. */
static bool names_linux_program(int argc, char **argv)
{
    bool found = false;
    int option;

    while ((option = getopt_long(argc, argv, "+:h", names, NULL)) != -1)
        found |= option == LINUX_PROGRAM || option == LINUX_ROOT;
    optind = 0; /* start anew */
    return found;
}

static void end_linux(void)
{
    _exit(STATUS_LINUX_FAILED);
}

/* Options that say nothing without others, or against others. */
static void check_together(const struct options *options)
{
    if (options->is_linux && options->guest)
        errx(1, "--guest is a flat image, --program and --root are for a Linux program: give one "
                "or the other");
    if (options->is_linux && !options->linux_program && !options->arguments[0])
        errx(1, "--root %s: which program of it? Give its path behind '--'", options->linux_root);
    if (!options->is_linux && options->program_error != STDERR_FILENO)
        errx(1, "--stderr is for a Linux program: a flat guest has only its console");
    if (!options->is_linux && (options->mounts.count > 0 || options->environment.count > 0 ||
                               options->directory || options->hostname || options->user_given ||
                               options->rlimits.given || options->read_only || options->trace))
        errx(1, "--mount, --file, --tmpfs, --read-only, --env, --user, --hostname, --rlimit, --cwd "
                "and --trace are for a Linux program: give it by --program or --root");
}

struct options options_parse(int argc, char **argv)
{
    struct options options = {
        .program = "sparkler-vmm",
        .parent_cgroup = "sparkler",
        .ready = -1,
        .program_error = STDERR_FILENO,
    };
    int option, number;

    opterr = 0;
    options.is_linux = names_linux_program(argc, argv);
    if (options.is_linux)
        atexit(end_linux);
    while ((option = getopt_long(argc, argv, "+:h", names, &number)) != -1) {
        if (option == ':')
            errx(1, "%s: a value is missing; see jailer --help", argv[optind - 1]);
        if (option == '?' && optopt != 0 && strncmp(argv[optind - 1], "--", 2) == 0)
            errx(1, "%s: takes no value; see jailer --help", argv[optind - 1]);
        if (option == '?')
            errx(1,
                 "%s: no such option; see jailer --help (options of the program itself go behind "
                 "'--')",
                 argv[optind - 1]);
        if (optarg && *optarg == '\0') /* of a variable that is not set */
            errx(1, "--%s: the value is empty; see jailer --help", names[number].name);
        set_option(&options, option, optarg);
    }
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
        errx(1,
             "%s: not expected here; see jailer --help (arguments of the program go behind '--')",
             argv[optind]);
    options.arguments = argv + optind;
    check_together(&options);
    set_defaults(&options);
    return options;
}
