/* sparkler-oci create and run: from a bundle to a VM that waits to be started. */
#include "command.h"
#include "config.h"
#include "container.h"
#include "file.h"
#include "launch.h"
#include "log.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_TAIL 2048 /* bytes of the jailer's last words that are repeated */

struct creation {
    const char *id, *bundle, *pid_file, *console_socket;
    bool detach;
    struct config config;
    struct container container;
    pid_t pid;
};

/* What exit(3) removes: that of a create that has failed. */
static const struct container *unfinished;

static void undo(void)
{
    if (unfinished)
        container_remove(unfinished);
}

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
    char *absolute = realpath(creation->bundle ? creation->bundle : ".", NULL);
    struct reading reading = {0};
    size_t length;
    char *text;
    int bundle;

    if (!absolute)
        fail_errno("cannot find the bundle %s (--bundle)", creation->bundle);
    creation->bundle = absolute;
    bundle = open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (bundle < 0)
        fail_errno("cannot open the bundle %s (--bundle)", absolute);
    text = read_file_at(bundle, CONFIG_FILE, CONFIG_BYTES_MAX, &length);
    if (!text)
        fail_errno("cannot read %s/" CONFIG_FILE, absolute);
    close(bundle);
    config_read(&creation->config, &reading, text, length);
    free(text);
    if (reading.error[0] != '\0')
        fail("%s/" CONFIG_FILE ": %s", absolute, reading.error);
    if (creation->config.terminal && creation->detach && !creation->console_socket)
        fail("process.terminal is true, so --console-socket must be given");
    if (!creation->config.terminal && creation->console_socket)
        fail("process.terminal is false, so --console-socket cannot be used");
}

static void add_option(struct arguments *arguments, const char *option, const char *value)
{
    arguments_add(arguments, option);
    arguments_add(arguments, value);
}

static const char *text_of(long long number)
{
    char *text;

    if (asprintf(&text, "%lld", number) < 0)
        fail("out of memory");
    return text;
}

static struct arguments jailer_arguments(const struct creation *creation)
{
    const struct config *config = &creation->config;
    const char *root = config_annotation(config, "sparkler.root");
    const char *feeds = config_annotation(config, "sparkler.feeds");
    struct arguments arguments = {0};

    if (!root)
        fail("annotation sparkler.root: missing; it names the image of the root");
    add_option(&arguments, "--root", root);
    add_option(&arguments, "--hold", container_path(&creation->container, CONTAINER_HOLD));
    arguments_add(&arguments, "--pass-signals");
    if (feeds)
        add_option(&arguments, "--feeds", feeds);
    if (config->memory > 0)
        add_option(&arguments, "--mem", text_of(config->memory & ~0xfffLL));
    add_option(&arguments, "--cwd", config->cwd);
    for (const char **variable = config->env; *variable; variable++)
        add_option(&arguments, "--env", *variable);
    arguments_add(&arguments, "--");
    for (const char **argument = config->args; *argument; argument++)
        arguments_add(&arguments, *argument);
    return arguments;
}

/* Repeats what the jailer has said, and ends. */
static _Noreturn void jailer_failed(const struct creation *creation)
{
    const int fd = openat(creation->container.directory, CONTAINER_LOG, O_RDONLY | O_CLOEXEC);
    char text[LOG_TAIL + 1];
    ssize_t length = 0;
    int status;

    while (waitpid(creation->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (fd >= 0 && lseek(fd, -LOG_TAIL, SEEK_END) < 0)
        lseek(fd, 0, SEEK_SET);
    if (fd >= 0)
        length = read(fd, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > 0)
        fail("%s", text);
    fail("the jailer ended with status %d, and said nothing",
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Builds the jails; returns the socket at which the jailer awaits an answer. */
static int build(struct creation *creation)
{
    const struct container *container = &creation->container;
    struct launch request = {.console = -1, .own_session = creation->detach};
    int ready;
    char byte;

    if (mkfifoat(container->directory, CONTAINER_HOLD, 0600) != 0)
        fail_errno("cannot make the FIFO of container %s", container->id);
    request.log = openat(container->directory, CONTAINER_LOG,
                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (request.log < 0)
        fail_errno("cannot make the log of container %s", container->id);
    request.arguments = jailer_arguments(creation);
    if (creation->console_socket)
        request.console = terminal_make(creation->console_socket, creation->config.rows,
                                        creation->config.columns);
    ready = launch(&request, &creation->pid);
    close(request.log);
    if (request.console >= 0)
        close(request.console);
    if (read(ready, &byte, 1) != 1)
        jailer_failed(creation);
    return ready;
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
    char now[64], rootfs[PATH_MAX];
    struct timespec time;
    struct tm utc;
    size_t length;

    clock_gettime(CLOCK_REALTIME, &time);
    length = strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S", gmtime_r(&time.tv_sec, &utc));
    snprintf(now + length, sizeof(now) - length, ".%09ldZ", time.tv_nsec);
    snprintf(rootfs, sizeof(rootfs), "%s%s%s",
             config->rootfs && config->rootfs[0] == '/' ? "" : creation->bundle,
             config->rootfs && config->rootfs[0] == '/' ? "" : "/",
             config->rootfs ? config->rootfs : "");
    container->process = process_identify(creation->pid);
    add_string(state, "ociVersion", config->version);
    add_string(state, "id", container->id);
    json_object_object_add(state, "pid", json_object_new_int(container->process.pid));
    json_object_object_add(state, "startTime",
                           json_object_new_int64((int64_t)container->process.start_time));
    add_string(state, "bundle", creation->bundle);
    add_string(state, "rootfs", rootfs);
    add_string(state, "created", now);
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

/* From here on the container exists, whatever becomes of us. */
static void commit(struct creation *creation, int ready)
{
    container_save(&creation->container);
    if (creation->pid_file)
        write_pid_file(creation);
    if (write(ready, "", 1) != 1)
        fail_errno("the jailer has ended");
    close(ready);
    unfinished = NULL;
}

static void create(const struct globals *globals, struct creation *creation)
{
    read_config(creation);
    creation->container = container_make(globals->root, creation->id);
    unfinished = &creation->container;
    atexit(undo);
    const int ready = build(creation);
    fill_state(creation);
    commit(creation, ready);
}

int create_command(const struct globals *globals, int argc, char **argv)
{
    struct creation creation = {.detach = true};

    parse(&creation, argc, argv);
    create(globals, &creation);
    return 0;
}

int run_command(const struct globals *globals, int argc, char **argv)
{
    struct creation creation = {.detach = false};
    int status;

    parse(&creation, argc, argv);
    create(globals, &creation);
    if (!container_let_go(&creation.container))
        fail("container %s has ended before its start", creation.id);
    if (creation.detach)
        return 0;
    while (waitpid(creation.pid, &status, 0) < 0)
        if (errno != EINTR)
            fail_errno("cannot wait for container %s", creation.id);
    container_remove(&creation.container);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
