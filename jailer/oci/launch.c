/* Starts the jailer: see launch.h. */
#include "launch.h"

#include "log.h"
#include "mount_namespace.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* what the jailer inherits beside the standard descriptors */
#define FD_PROGRAM_ERROR 3
#define FD_READY         4
#define FD_ABOVE         5

#define STRING(number)  STRING_OF(number)
#define STRING_OF(text) #text

void arguments_add(struct arguments *arguments, const char *argument)
{
    if (arguments->count + 2 > arguments->room) {
        arguments->room = 2 * arguments->room + 64;
        arguments->list = reallocarray(arguments->list, arguments->room, sizeof(*arguments->list));
        if (!arguments->list)
            fail("out of memory");
    }
    arguments->list[arguments->count++] = argument;
    arguments->list[arguments->count] = NULL;
}

/* It is installed beside us. */
static void jailer_path(char path[PATH_MAX])
{
    const char *const name = "jailer";
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof("jailer"));

    if (length <= 0)
        fail_errno("cannot find our own directory: readlink /proc/self/exe");
    while (path[length - 1] != '/')
        length--;
    memcpy(path + length, name, strlen(name) + 1);
}

static void move(int fd, int number)
{
    if (dup2(fd, number) < 0)
        err(1, "cannot move a descriptor to %d", number);
}

static int above(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_ABOVE);

    if (moved < 0)
        err(1, "cannot move a descriptor");
    return moved;
}

/* In the child. Its messages go where the jailer's do. */
static void arrange(const struct launch *launch)
{
    const int console = launch->console < 0 ? -1 : above(launch->console);
    const int log = above(launch->log), ready = above(launch->ready);

    if (launch->own_session && setsid() < 0)
        err(1, "setsid");
    if (console >= 0) {
        move(console, STDIN_FILENO);
        move(console, STDOUT_FILENO);
        move(console, STDERR_FILENO);
        if (launch->own_session && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0)
            err(1, "cannot make the console the controlling terminal");
    }
    move(STDERR_FILENO, FD_PROGRAM_ERROR);
    move(ready, FD_READY);
    move(log, STDERR_FILENO);
    if (syscall(SYS_close_range, FD_ABOVE, ~0u, 0) != 0)
        err(1, "cannot close all other descriptors");
}

/* As a shell would start it, whatever the engine has ignored or blocked. */
static void reset_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    for (int number = 1; number < _NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Ends if there is to be none. */
static void await_group(int go)
{
    char byte;
    ssize_t n;

    while ((n = read(go, &byte, 1)) < 0 && errno == EINTR)
        continue;
    if (n != 1)
        _exit(1);
    close(go);
}

static _Noreturn void become_jailer(const struct launch *launch)
{
    struct arguments arguments = {0};
    char path[PATH_MAX];

    jailer_path(path);
    arguments_add(&arguments, "jailer");
    arguments_add(&arguments, "--stderr");
    arguments_add(&arguments, STRING(FD_PROGRAM_ERROR));
    arguments_add(&arguments, "--ready");
    arguments_add(&arguments, STRING(FD_READY));
    for (size_t i = 0; i < launch->arguments.count; i++)
        arguments_add(&arguments, launch->arguments.list[i]);
    arrange(launch);
    if (!group_enter(launch->group))
        err(1, "cannot enter the cgroup %s", launch->group->path);
    mount_namespace_new();
    reset_signals();
    execv(path, (char **)arguments.list);
    warn("cannot execute %s", path);
    _exit(1);
}

pid_t launch(const struct launch *launch)
{
    int go[2]; /* a byte: the cgroup is there */
    pid_t pid;

    if (pipe2(go, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        fail_errno("cannot start the jailer");
    if (pid == 0) {
        close(go[1]);
        await_group(go[0]);
        become_jailer(launch);
    }
    close(go[0]);
    group_make(launch->group, launch->limits, pid);
    if (write(go[1], "", 1) != 1)
        fail_errno("cannot start the jailer");
    close(go[1]);
    return pid;
}
