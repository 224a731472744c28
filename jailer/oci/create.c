/* sparkler-oci create and run: from a bundle to a VM that waits to be started. */
#include "cleaner.h"
#include "command.h"
#include "config.h"
#include "container.h"
#include "file.h"
#include "group.h"
#include "hooks.h"
#include "image.h"
#include "jailer/rlimits.h"
#include "launch.h"
#include "log.h"
#include "mount_namespace.h"
#include "settings.h"
#include "signals.h"
#include "terminal.h"
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct creation {
    const char *id, *bundle, *pid_file, *console_socket;
    bool detach;
    struct settings settings;
    struct config config;
    struct container container;
    struct group group;
    int ready[2]; /* a socket: our end, and the jailer's */
    int log;      /* of the jailer */
    pid_t pid;
    const char *rootfs; /* absolute */
};

enum option_id { BUNDLE = 'b', DETACH = 'd', PID_FILE = 1, CONSOLE_SOCKET, PRESERVE_FDS, IGNORED };

static const struct option names[] = {
    {"bundle", required_argument, NULL, BUNDLE},
    {"pid-file", required_argument, NULL, PID_FILE},
    {"console-socket", required_argument, NULL, CONSOLE_SOCKET},
    {"preserve-fds", required_argument, NULL, PRESERVE_FDS},
    {"detach", no_argument, NULL, DETACH},
    {"no-pivot", no_argument, NULL, IGNORED},       /* the root is an image, in a VM */
    {"no-new-keyring", no_argument, NULL, IGNORED}, /* no jail has the user's */
    {"no-subreaper", no_argument, NULL, IGNORED},
    {"keep", no_argument, NULL, IGNORED},
    {0},
};

static void parse(struct creation *creation, int argc, char **argv)
{
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+:b:d", names, NULL)) != -1;)
        switch (option) {
        case BUNDLE:
            creation->bundle = optarg;
            break;
        case PID_FILE:
            creation->pid_file = optarg;
            break;
        case CONSOLE_SOCKET:
            creation->console_socket = optarg;
            break;
        case PRESERVE_FDS:
            if (strcmp(optarg, "0") != 0)
                fail("--preserve-fds %s: a VM takes no other descriptors than standard input, "
                     "output and error",
                     optarg);
            break;
        case DETACH:
            creation->detach = true;
            break;
        case IGNORED:
            break;
        default:
            fail("%s %s: %s", argv[0], argv[optind - 1],
                 option == ':' ? "a value is missing" : "no such option");
        }
    if (argc - optind != 1)
        fail("%s: expected a container ID and nothing else", argv[0]);
    creation->id = argv[optind];
    container_check_id(creation->id);
}

/* The bundle's config.json; the bundle's path becomes absolute. */
static void read_config(struct creation *creation)
{
    const char *bundle_path = creation->bundle ? creation->bundle : ".";
    char *absolute = realpath(bundle_path, NULL);
    struct reading reading = {0};
    size_t length;
    char *text;
    int bundle;

    if (!absolute)
        fail_errno("cannot find the bundle %s (--bundle)", bundle_path);
    creation->bundle = absolute;
    bundle = open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (bundle < 0)
        fail_errno("cannot open the bundle %s (--bundle)", absolute);
    text = read_file_at(bundle, CONFIG_FILE, CONFIG_BYTES_MAX, &length);
    if (!text)
        fail_errno("cannot read %s/" CONFIG_FILE, absolute);
    close(bundle);
    config_read(&creation->config, &reading, text, length, creation->settings.without);
    free(text);
    if (reading.error[0] != '\0')
        fail(CONFIG_FILE ": %s", reading.error);
    if (creation->config.terminal && creation->detach && !creation->console_socket)
        fail("process.terminal is true, so --console-socket must be given");
    if (!creation->config.terminal && creation->console_socket)
        fail("process.terminal is false, so --console-socket cannot be used");
}

/* Repeats what the jailer has said, and ends. */
static _Noreturn void jailer_failed(const struct creation *creation)
{
    static const char own[] = "sparkler-oci: "; /* fail() says that, too */
    char words[LAST_WORDS];
    int status;

    while (waitpid(creation->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    last_words(creation->log, words);
    if (words[0] != '\0')
        fail("%s", words + (strncmp(words, own, strlen(own)) == 0 ? strlen(own) : 0));
    fail("the jailer ended with status %d, and said nothing",
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* The bundle's root filesystem. */
static char *rootfs_of(const struct creation *creation)
{
    const char *path = creation->config.rootfs;
    char *whole;

    if (asprintf(&whole, "%s%s%s", path[0] == '/' ? "" : creation->bundle,
                 path[0] == '/' ? "" : "/", path) < 0)
        fail("out of memory");
    return whole;
}

static void open_log(struct creation *creation)
{
    creation->log = openat(creation->container.directory, CONTAINER_LOG,
                           O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (creation->log < 0)
        fail_errno("cannot make the log of container %s", creation->id);
}

/* Has the jails built, and waits until they are. */
static void build(struct creation *creation)
{
    const struct config *config = &creation->config;
    struct vm vm = {.config = config,
                    .settings = &creation->settings,
                    .container = &creation->container,
                    .group = &creation->group,
                    .rootfs = creation->rootfs};
    struct launch request = {.console = -1,
                             .own_session = creation->detach,
                             .log = creation->log,
                             .ready = creation->ready[1],
                             .group = &creation->group,
                             .limits = &config->cgroup};
    char built;

    if (mkfifoat(creation->container.directory, CONTAINER_HOLD, 0600) != 0)
        fail_errno("cannot make the FIFO of container %s", creation->id);
    request.arguments = vm_arguments(&vm);
    if (creation->console_socket)
        request.console = terminal_make(creation->console_socket, config->rows, config->columns);
    creation->pid = launch(&request);
    close(creation->ready[1]);
    if (request.console >= 0)
        close(request.console);
    if (read(creation->ready[0], &built, 1) != 1)
        jailer_failed(creation);
    mount_namespace_empty(creation->pid);
    image_close(&vm.image);
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

static void fill_state(struct creation *creation)
{
    struct container *container = &creation->container;
    const struct config *config = &creation->config;
    struct json_object *state = json_object_new_object();
    char now[64];
    struct timespec time;
    struct tm utc;
    size_t length;

    clock_gettime(CLOCK_REALTIME, &time);
    length = strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S", gmtime_r(&time.tv_sec, &utc));
    snprintf(now + length, sizeof(now) - length, ".%09ldZ", time.tv_nsec);
    container->process = process_identify(creation->pid);
    add_string(state, "ociVersion", config->version);
    add_string(state, "id", container->id);
    json_object_object_add(state, "pid", json_object_new_int(container->process.pid));
    json_object_object_add(state, "startTime",
                           json_object_new_int64((int64_t)container->process.start_time));
    add_string(state, "bundle", creation->bundle);
    add_string(state, "rootfs", creation->rootfs);
    add_string(state, "created", now);
    add_string(state, "cgroup", creation->group.path);
    add_string(state, "scope", creation->group.scope.unit);
    if (config->hooks)
        json_object_object_add(state, "hooks", json_object_get(config->hooks));
    if (config->annotations)
        json_object_object_add(state, "annotations", json_object_get(config->annotations));
    container->state = state;
}

static void write_pid_file(const struct creation *creation)
{
    char pid[16];
    const int length = snprintf(pid, sizeof(pid), "%d", creation->pid);
    char *copy = strdup(creation->pid_file), *slash = copy ? strrchr(copy, '/') : NULL;
    int directory;

    if (slash)
        *slash = '\0';
    directory =
        open(slash ? (slash == copy ? "/" : copy) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || !write_file_at(directory, slash ? slash + 1 : creation->pid_file, pid,
                                        (size_t)length, 0644))
        fail_errno("cannot write the pid file %s (--pid-file)", creation->pid_file);
    close(directory);
    free(copy);
}

/* Those that belong to create, with the container's state as it is then. */
static void run_hooks(const struct creation *creation)
{
    static const char *const before[] = {"prestart", "createRuntime", "createContainer"};
    struct json_object *state = container_describe(&creation->container, STATUS_CREATING);

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
        if (!hooks_run(creation->config.hooks, before[i], state))
            fail("container %s is not created: a hook has failed", creation->id);
    json_object_put(state);
}

/* From here on the container exists, whatever becomes of us. */
static void commit(struct creation *creation)
{
    container_save(&creation->container);
    if (creation->pid_file)
        write_pid_file(creation);
    if (!cleaner_commit())
        jailer_failed(creation);
    close(creation->ready[0]);
    container_unlock(&creation->container);
}

static void create(const struct globals *globals, struct creation *creation)
{
    const char *const why = rlimits_allow_jail();

    if (why)
        fail("%s", why);
    creation->settings = settings_read(globals->settings);
    read_config(creation);
    creation->rootfs = rootfs_of(creation);
    vm_check_network(&creation->config);
    creation->group = group_name(&creation->config.cgroup, creation->id, globals->systemd_cgroup);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, creation->ready) != 0)
        fail_errno("cannot make a socket for the jailer");
    creation->container = container_make(globals->root, creation->id);
    cleaner_start(&creation->container, &creation->group, creation->ready);
    open_log(creation);
    build(creation);
    fill_state(creation);
    run_hooks(creation);
    commit(creation);
}

int create_command(const struct globals *globals, int argc, char **argv)
{
    struct creation creation = {.detach = true};

    parse(&creation, argc, argv);
    create(globals, &creation);
    return 0;
}

/*
 * Waits for the end of the container's process, whose status it returns, and passes on the signals
 * that somebody sends us. Those of a terminal (SI_KERNEL) it gets itself.
 */
static int await_end(const struct creation *creation)
{
    siginfo_t signal;
    sigset_t all;
    int status;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    container_start(&creation->container);
    while (waitpid(creation->pid, &status, WNOHANG) == 0)
        if (sigwaitinfo(&all, &signal) > 0 && signal.si_code <= 0 &&
            signal_reaches(signal.si_signo))
            kill(creation->pid, signal.si_signo);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Of the VM's log, which is about to be removed, what the jailer would show at once. */
static void show_log(const struct creation *creation)
{
    char words[LAST_WORDS];

    last_words(creation->log, words);
    if (words[0] != '\0')
        dprintf(STDERR_FILENO, "%s\n", words);
}

int run_command(const struct globals *globals, int argc, char **argv)
{
    struct creation creation = {.detach = false};
    int status;

    parse(&creation, argc, argv);
    create(globals, &creation);
    if (creation.detach) {
        container_start(&creation.container);
        return 0;
    }
    status = await_end(&creation);
    show_log(&creation);
    container_destroy(&creation.container);
    return status;
}
