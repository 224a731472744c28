/* Reads the command line; says what is wrong with it. */
#include "options.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where things are installed, as seen from the jailer's own directory. */
#define LIBEXECDIR "../libexec/sparkler"
#define DATADIR    "../share/sparkler"

#define MEMORY_MIN     (64u << 10)
#define MEMORY_MAX     (3ull << 30)
#define MEMORY_DEFAULT (1u << 20)

#define PARENT_CGROUP_MAX 400

/*
 * Uids of our own, above those that distributions and systemd hand out (systemd's "Users, Groups,
 * UIDs and GIDs"): two for each VM, by the pid of its jailer or by a hash of its --id.
 */
#define UID_BASE  0x70000000u
#define UID_SLOTS 0x400000u /* pid_max is at most 2^22 */

static const char usage[] =
    "usage: jailer [OPTIONS] [-- ARGUMENTS OF PROGRAM], or -h, --help, --version\n"
    "Runs PROGRAM on /dev/kvm in a jail, and a network broker in another.\n"
    "  --exec PROGRAM        path, or name beside jailer or in libexec (sparkler-vmm)\n"
    "  --guest FILE          flat 16-bit image to run (the monitor)\n"
    "  --mem SIZE, --lock-memory   guest memory, 64K to 3G (1M); not swapped\n"
    "  --feeds FILE          what the network may be used for (feeds.json)\n"
    "  --offline-samples     show the feeds' samples, marked, without the network\n"
    "  --credential NAME=FILE  key, token or CA file for the broker; repeatable\n"
    "  --ca FILE             trusted authorities (/etc/ssl/certs/ca-certificates.crt)\n"
    "  --broker PROGRAM      another network broker (sparkler-netbroker)\n"
    "  --console auto|raw    raw: escape sequences of the guest reach the terminal\n"
    "  --timeout SECONDS     end the VM after this time\n"
    "  --daemonize           no console; the log is stderr, unless that is a terminal\n"
    "  --pid-file FILE       has the jailer's pid while the VM runs, then nothing\n"
    "  --id ID               name of the VM, letters, digits and '-' (from the pid)\n"
    "  --uid UID, --gid GID  of the jails, when root (picked by --id)\n"
    "  --userns              use user namespaces even when root\n"
    "  --netns PATH          network namespace of the broker (the jailer's own)\n"
    "  --resource-limit NAME=VALUE   as, fsize, nofile... of both jails; repeatable\n"
    "  --cgroup [broker:]FILE=VALUE  limit of the VMM or the broker; repeatable\n"
    "  --parent-cgroup PATH  where the cgroups are made (sparkler)\n"
    "  --explain, --timing   print the locks, run nothing; print a start's phases\n"
    "Exit: 0 halted, 1 set-up, 2 guest failed, 3 limit, 4 console closed, 128+signal\n";

/* False if the text is not a whole number, with K, M or G behind it where that is allowed. */
static bool parse_number(const char *text, bool suffixes, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    if (suffixes && *end != '\0') {
        const char *units = "KMG", *unit = strchr(units, *end);

        if (unit == NULL || *number > UINT64_MAX >> 30)
            return false;
        *number <<= 10 * (unit - units + 1);
        end++;
    }
    return *end == '\0';
}

static uint64_t number_option(const char *name, const char *text, uint64_t least, uint64_t most)
{
    uint64_t number;

    if (!parse_number(text, false, &number) || number < least || number > most)
        errx(1, "--%s %s: expected a whole number from %llu to %llu", name, text,
             (unsigned long long)least, (unsigned long long)most);
    return number;
}

static uint64_t memory_option(const char *text)
{
    uint64_t bytes;

    if (!parse_number(text, true, &bytes) || bytes < MEMORY_MIN || bytes > MEMORY_MAX ||
        bytes % 4096 != 0)
        errx(1, "--mem %s: expected a multiple of 4K from 64K to 3G", text);
    return bytes;
}

static void setting_option(const char *name, char *text, struct settings *settings)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals[1] == '\0')
        errx(1, "--%s %s: expected NAME=VALUE", name, text);
    if (settings->count == OPTION_REPEATS_MAX)
        errx(1, "--%s is given more than %d times", name, OPTION_REPEATS_MAX);
    *equals = '\0';
    settings->list[settings->count++] = (struct setting){text, equals + 1};
}

static const char *id_option(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    if (length == 0 || length > 64 || text[length] != '\0')
        errx(1, "--id %s: expected 1 to 64 letters, digits and '-'", text);
    return text;
}

/* Below the parent of all cgroups, whatever it is: no way up, and no path that is cut off. */
static const char *parent_cgroup_option(const char *text)
{
    for (const char *part = text; part != NULL; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            errx(1, "--parent-cgroup %s: '..' is not accepted; give a path below /sys/fs/cgroup",
                 text);
    }
    if (strlen(text) > PARENT_CGROUP_MAX)
        errx(1, "--parent-cgroup: expected a path of at most %d bytes", PARENT_CGROUP_MAX);
    return text;
}

static bool console_option(const char *text)
{
    if (strcmp(text, "raw") != 0 && strcmp(text, "auto") != 0)
        errx(1, "--console %s: expected auto or raw", text);
    return strcmp(text, "raw") == 0;
}

/* The first that exists of `name` beside the jailer and in `folder`; a name with a slash is a path.
 */
static const char *look_up(const char *name, const char *folder)
{
    char self[PATH_MAX], *path;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self));

    if (strchr(name, '/') != NULL)
        return name;
    if (length <= 0 || length == sizeof(self))
        err(1, "cannot find the jailer's own folder: readlink /proc/self/exe");
    while (self[length - 1] != '/')
        length--;
    if (asprintf(&path, "%.*s%s", (int)length, self, name) < 0)
        err(1, "asprintf");
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    if (asprintf(&path, "%.*s%s/%s", (int)length, self, folder, name) < 0)
        err(1, "asprintf");
    return path;
}

static uint32_t uid_slot(const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    if (id == NULL)
        return (uint32_t)getpid() % UID_SLOTS;
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return UID_SLOTS + hash % UID_SLOTS;
}

/* Root of a user namespace that maps only some ids (a rootless container) counts as a user. */
static bool is_root(void)
{
    unsigned long inside, outside, count;
    FILE *map = fopen("/proc/self/uid_map", "re");
    bool all = map != NULL && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
               inside == 0 && count == UINT32_MAX;

    if (map != NULL)
        fclose(map);
    return geteuid() == 0 && all;
}

static void set_defaults(struct options *options)
{
    char *id;

    options->root = is_root();
    options->id_given = options->id != NULL;
    options->uid_given = options->uid != 0;
    if (!options->uid_given)
        options->uid = UID_BASE + 2 * uid_slot(options->id);
    if (options->gid == 0)
        options->gid = options->uid;
    if (!options->id_given) {
        if (asprintf(&id, "vm-%d", getpid()) < 0)
            err(1, "asprintf");
        options->id = id;
    }
    options->feeds_given = options->feeds != NULL;
    if (options->guest == NULL)
        options->guest = look_up("monitor.bin", DATADIR);
    if (options->feeds == NULL)
        options->feeds = look_up("feeds.json", DATADIR);
    if (options->broker == NULL)
        options->broker = "sparkler-netbroker";
    options->broker = look_up(options->broker, LIBEXECDIR);
    options->program = look_up(options->program, LIBEXECDIR);
}

enum option_id {
    EXEC = 1,
    GUEST,
    MEM,
    LOCK_MEMORY,
    FEEDS,
    OFFLINE_SAMPLES,
    CREDENTIAL,
    CA,
    BROKER_PROGRAM,
    CONSOLE,
    TIMEOUT,
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
    EXPLAIN,
    TIMING,
    HELP = 'h', /* the short -h is the same */
    VERSION,
};

static const struct option names[] = {
    {"exec", required_argument, NULL, EXEC},
    {"guest", required_argument, NULL, GUEST},
    {"mem", required_argument, NULL, MEM},
    {"lock-memory", no_argument, NULL, LOCK_MEMORY},
    {"feeds", required_argument, NULL, FEEDS},
    {"offline-samples", no_argument, NULL, OFFLINE_SAMPLES},
    {"credential", required_argument, NULL, CREDENTIAL},
    {"ca", required_argument, NULL, CA},
    {"broker", required_argument, NULL, BROKER_PROGRAM},
    {"console", required_argument, NULL, CONSOLE},
    {"timeout", required_argument, NULL, TIMEOUT},
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
    {"explain", no_argument, NULL, EXPLAIN},
    {"timing", no_argument, NULL, TIMING},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {0},
};

static void set_option(struct options *options, enum option_id option, char *value)
{
    switch (option) {
    case EXEC:
        options->program = value;
        break;
    case GUEST:
        options->guest = value;
        break;
    case MEM:
        options->memory_bytes = memory_option(value);
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
    case CREDENTIAL:
        setting_option("credential", value, &options->credentials);
        break;
    case CA:
        options->ca = value;
        break;
    case BROKER_PROGRAM:
        options->broker = value;
        break;
    case CONSOLE:
        options->raw_console = console_option(value);
        break;
    case TIMEOUT:
        options->timeout_seconds = (unsigned)number_option("timeout", value, 1, INT_MAX / 1000);
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
        setting_option("resource-limit", value, &options->limits);
        break;
    case CGROUP:
        setting_option("cgroup", value, &options->cgroup_limits);
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
    case EXPLAIN:
        options->explain = true;
        break;
    case TIMING:
        options->timing = true;
        break;
    case HELP:
        fputs(usage, stdout);
        exit(0);
    case VERSION:
        puts("sparkler " SPARKLER_VERSION);
        exit(0);
    }
}

struct options options_parse(int argc, char **argv)
{
    struct options options = {
        .program = "sparkler-vmm",
        .ca = "/etc/ssl/certs/ca-certificates.crt",
        .parent_cgroup = "sparkler",
        .memory_bytes = MEMORY_DEFAULT,
    };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:h", names, NULL)) != -1) {
        if (option == ':')
            errx(1, "%s: a value is missing; see jailer --help", argv[optind - 1]);
        if (option == '?')
            errx(1,
                 "%s: no such option; see jailer --help (options of the program itself go behind "
                 "'--')",
                 argv[optind - 1]);
        set_option(&options, option, optarg);
    }
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
        errx(1,
             "%s: not expected here; see jailer --help (arguments of the program go behind '--')",
             argv[optind]);
    options.arguments = argv + optind;
    set_defaults(&options);
    return options;
}
