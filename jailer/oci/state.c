/* sparkler-oci state, start, kill, delete: what there is to do with a container that exists. */
#include "command.h"
#include "container.h"
#include "log.h"
#include "signals.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opens the container that the only argument names. */
static struct container open_one(const struct globals *globals, const char *id, bool lock)
{
    struct container container;

    if (!container_open(&container, globals->root, id, lock))
        fail("container %s does not exist", id);
    return container;
}

static const char *only_id(int argc, char **argv)
{
    if (argc != 2)
        fail("%s: expected a container ID and nothing else", argv[0]);
    return argv[1];
}

int state_command(const struct globals *globals, int argc, char **argv)
{
    struct container container = open_one(globals, only_id(argc, argv), false);
    const enum status status = container_status(&container);
    struct json_object *state = container_describe(&container, status);

    puts(json_object_to_json_string_ext(state,
                                        JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(state);
    return 0;
}

int start_command(const struct globals *globals, int argc, char **argv)
{
    struct container container = open_one(globals, only_id(argc, argv), true);
    const enum status status = container_status(&container);

    if (status == STATUS_RUNNING || status == STATUS_CREATING)
        fail("cannot start container %s: it is %s, not created", container.id,
             container_status_name(status));
    container_start(&container);
    return 0;
}

/* containerd looks for the first three words, and passes "not found" on, which a kubelet that stops
 * a Pod takes as done. */
static _Noreturn void not_running(const struct container *container, enum status status)
{
    fail("container not running: %s is %s", container->id, container_status_name(status));
}

static void send(const struct container *container, int number)
{
    int pidfd = process_open(&container->process);

    if (pidfd < 0)
        not_running(container, STATUS_STOPPED);
    if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) != 0)
        fail_errno("cannot signal container %s", container->id);
    close(pidfd);
}

int kill_command(const struct globals *globals, int argc, char **argv)
{
    static const struct option names[] = {{"all", no_argument, NULL, 'a'}, {0}};
    struct container container;
    enum status status;
    int number = SIGTERM;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+a", names, NULL)) != -1;)
        if (option != 'a') /* a VM has one program, so all is one */
            fail("kill %s: no such option", argv[optind - 1]);
    if (argc - optind < 1 || argc - optind > 2)
        fail("kill: expected a container ID, and perhaps a signal");
    if (argc - optind == 2)
        number = signal_number(argv[optind + 1]);
    if (!signal_reaches(number))
        fail("cannot signal container %s: SIG%s reaches no program in a VM", argv[optind],
             sigabbrev_np(number));
    container = open_one(globals, argv[optind], false);
    status = container_status(&container);
    if (status != STATUS_CREATED && status != STATUS_RUNNING)
        not_running(&container, status);
    send(&container, number);
    return 0;
}

/* Kills the supervisor, with which all others die, and waits for its end. */
static void end(const struct container *container)
{
    struct pollfd ended = {.fd = process_open(&container->process), .events = POLLIN};

    if (ended.fd < 0)
        return;
    if (syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0) != 0 && errno != ESRCH)
        fail_errno("cannot kill container %s", container->id);
    while (poll(&ended, 1, -1) < 0 && errno == EINTR)
        continue;
    close(ended.fd);
}

int delete_command(const struct globals *globals, int argc, char **argv)
{
    static const struct option names[] = {{"force", no_argument, NULL, 'f'}, {0}};
    struct container container;
    bool force = false;
    enum status status;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+f", names, NULL)) != -1;) {
        if (option != 'f')
            fail("delete %s: no such option", argv[optind - 1]);
        force = true;
    }
    if (argc - optind != 1)
        fail("delete: expected a container ID and nothing else");
    if (!container_open(&container, globals->root, argv[optind], true)) {
        if (force)
            return 0;
        fail("container %s does not exist", argv[optind]);
    }
    status = container_status(&container);
    if (status != STATUS_STOPPED && status != STATUS_CREATING && !force)
        fail("cannot delete container %s: it is %s, not stopped", container.id,
             container_status_name(status));
    end(&container);
    container_destroy(&container);
    return 0;
}
