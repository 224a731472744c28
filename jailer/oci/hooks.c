/* Runs hooks: see hooks.h. */
#include "hooks.h"

#include "log.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOOKS_MAX   64 /* of one list */
#define STRINGS_MAX 256
#define TIMEOUT_MAX (INT_MAX / 1000)

static const char *const lists[] = {"prestart",       "createRuntime", "createContainer",
                                    "startContainer", "poststart",     "poststop"};

static void check_strings(struct reading *reading, const struct place *hook, const char *name)
{
    struct json_object *strings = read_array(reading, hook, name, STRINGS_MAX);

    for (size_t i = 0; strings && i < json_object_array_length(strings); i++)
        read_element(reading, hook, name, strings, i);
}

static void check_list(struct reading *reading, const struct place *whole, const char *name,
                       struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const struct place hook = read_place(reading, whole, name, list, i);
        const char *path = read_string(reading, &hook, "path");

        if (!path || path[0] != '/')
            reading_fail(reading, "%s.path: expected an absolute path", hook.name);
        check_strings(reading, &hook, "args");
        check_strings(reading, &hook, "env");
        read_integer(reading, &hook, "timeout", 1, TIMEOUT_MAX, 1);
    }
}

void hooks_check(struct reading *reading, const struct place *whole, unsigned without)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        char name[64];
        struct json_object *list;

        snprintf(name, sizeof(name), "hooks.%s", lists[i]);
        list = read_array(reading, whole, name, HOOKS_MAX);
        if (list)
            check_list(reading, whole, name, list);
        if (list && json_object_array_length(list) > 0 && !(without & WITHOUT_HOOKS) &&
            strcmp(lists[i], "startContainer") == 0)
            reading_fail(reading, "%s: a hook cannot run inside a VM; " GO_WITHOUT("hooks"), name);
    }
}

/* The strings of this name, ended by NULL, or NULL without memory; never freed, since they are a
 * child's. */
static char **vector(struct json_object *hook, const char *name)
{
    struct json_object *strings;
    size_t count = 0;
    char **list;

    if (json_object_object_get_ex(hook, name, &strings))
        count = json_object_array_length(strings);
    list = calloc(count + 1, sizeof(*list));
    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++)
        list[i] = (char *)json_object_get_string(json_object_array_get_idx(strings, i));
    return list;
}

static _Noreturn void become_hook(struct json_object *hook, const char *path, int state,
                                  pid_t parent)
{
    char **arguments = vector(hook, "args"), **environment = vector(hook, "env");
    char *only_path[] = {(char *)path, NULL};
    sigset_t none;

    /* with us: what it is to prepare will not be */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || !arguments ||
        !environment || dup2(state, STDIN_FILENO) < 0 ||
        syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) != 0)
        _exit(126);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* to be ended with all that it starts */
    execve(path, arguments[0] ? arguments : only_path, environment);
    _exit(errno == ENOENT ? 127 : 126);
}

/* A file that has the state from its beginning on. */
static int state_file(struct json_object *state)
{
    const char *text = json_object_to_json_string_ext(state, JSON_C_TO_STRING_PLAIN);
    int fd = memfd_create("state", MFD_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        lseek(fd, 0, SEEK_SET) != 0)
        fail_errno("cannot give a hook the container's state");
    return fd;
}

/* Waits for the hook's end; false if it had to be ended. */
static bool await_hook(pid_t pid, int timeout_seconds, int *status)
{
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    int n = 1;

    if (timeout_seconds > 0 && ended.fd >= 0)
        while ((n = poll(&ended, 1, timeout_seconds * 1000)) < 0 && errno == EINTR)
            continue;
    if (ended.fd >= 0)
        close(ended.fd);
    if (n == 0)
        kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    return n != 0;
}

static bool run_hook(struct json_object *hook, const char *name, struct json_object *state)
{
    struct json_object *value;
    const char *path = NULL;
    int timeout = 0, status = 0, input;
    const pid_t parent = getpid();
    pid_t pid;

    if (json_object_object_get_ex(hook, "path", &value))
        path = json_object_get_string(value);
    if (json_object_object_get_ex(hook, "timeout", &value))
        timeout = json_object_get_int(value);
    if (!path)
        return true;
    input = state_file(state);
    pid = fork();
    if (pid == 0)
        become_hook(hook, path, input, parent);
    close(input);
    if (pid < 0)
        complain("cannot start the hook %s of %s: %s", path, name, strerror(errno));
    else if (!await_hook(pid, timeout, &status))
        complain("the hook %s of %s was ended after %d s, its timeout", path, name, timeout);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        complain("the hook %s of %s failed with status 127: is it there?", path, name);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
        complain("the hook %s of %s failed with status 126: may it be executed?", path, name);
    else if (status != 0)
        complain("the hook %s of %s failed with status %d", path, name,
                 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    else
        return true;
    return false;
}

static bool run_list(struct json_object *hooks, const char *name, struct json_object *state,
                     bool stops)
{
    struct json_object *list;
    bool good = true;

    if (!hooks || !json_object_object_get_ex(hooks, name, &list) || !list)
        return true;
    for (size_t i = 0; i < json_object_array_length(list) && (good || !stops); i++)
        good = run_hook(json_object_array_get_idx(list, i), name, state) && good;
    return good;
}

bool hooks_run(struct json_object *hooks, const char *name, struct json_object *state)
{
    return run_list(hooks, name, state, true);
}

void hooks_run_all(struct json_object *hooks, const char *name, struct json_object *state)
{
    run_list(hooks, name, state, false);
}
