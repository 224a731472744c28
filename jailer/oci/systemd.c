/* Scopes of systemd's: see systemd.h. */
#include "systemd.h"

#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE      ".slice"
#define MAKE_TRIES 5000 /* each waits 1 ms */

static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.-@\\";

static _Noreturn void malformed(const char *cgroups_path)
{
    fail("linux.cgroupsPath %.128s: expected systemd's form, SLICE:PREFIX:NAME, such as "
         "system.slice:sparkler:box",
         cgroups_path);
}

/* The path of a slice: a-b.slice is /a.slice/a-b.slice (systemd.slice(5)). */
static void expand(const char *slice, char *path, size_t size)
{
    const size_t length = strlen(slice) - strlen(SLICE);
    size_t end = 0;

    if (strcmp(slice, "-" SLICE) == 0)
        return;
    for (size_t i = 1; i <= length; i++)
        if (i == length || slice[i] == '-')
            end += (size_t)snprintf(path + end, end < size ? size - end : 0, "%.*s" SLICE "/",
                                    (int)i, slice);
    if (end >= size)
        fail("linux.cgroupsPath: the path of %.64s is longer than %zu bytes", slice, size);
}

struct scope scope_name(const char *cgroups_path, char *path, size_t size)
{
    const char *prefix = strchr(cgroups_path, ':'), *name = prefix ? strchr(prefix + 1, ':') : NULL;
    const char *slice_end = name ? prefix : NULL;
    struct scope scope = {.slice = "system" SLICE};
    size_t length, used;

    if (!slice_end || name[1] == '\0' || strspn(cgroups_path, usual) != strlen(cgroups_path) ||
        (size_t)(slice_end - cgroups_path) >= sizeof(scope.slice) ||
        strlen(prefix) >= sizeof(scope.unit) - sizeof(".scope"))
        malformed(cgroups_path);
    if (slice_end > cgroups_path)
        snprintf(scope.slice, sizeof(scope.slice), "%.*s", (int)(slice_end - cgroups_path),
                 cgroups_path);
    length = strlen(scope.slice);
    if (length <= strlen(SLICE) || strcmp(scope.slice + length - strlen(SLICE), SLICE) != 0)
        malformed(cgroups_path);
    prefix++;
    snprintf(scope.unit, sizeof(scope.unit), "%.*s%s%s.scope", (int)(name - prefix), prefix,
             name > prefix ? "-" : "", name + 1);
    path[0] = '\0';
    expand(scope.slice, path, size);
    used = strlen(path);
    if (snprintf(path + used, size - used, "%s", scope.unit) >= (int)(size - used))
        fail("linux.cgroupsPath: the path of %.64s is longer than %zu bytes", scope.unit, size);
    return scope;
}

static _Noreturn void become_busctl(const struct scope *scope, pid_t pid)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", pid);
    execlp("busctl", "busctl", "call", "--quiet", "org.freedesktop.systemd1",
           "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StartTransientUnit",
           "ssa(sv)a(sa(sv))", scope->unit, "fail", "6", "Description", "s", "sparkler-oci",
           "Slice", "s", scope->slice, "Delegate", "b", "true", "DefaultDependencies", "b", "false",
           "CollectMode", "s", "inactive-or-failed", "PIDs", "au", "1", number, "0", (char *)NULL);
    _exit(127);
}

/* Whether the process is in the scope. */
static int is_in(const struct scope *scope, pid_t pid)
{
    char path[32], line[1024];
    int found = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
    file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof(line), file)) {
        const char *last = strrchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        found = last && strcmp(last + 1, scope->unit) == 0;
    }
    if (file)
        fclose(file);
    return found;
}

void scope_make(const struct scope *scope, pid_t pid)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        fail_errno("cannot start busctl");
    if (child == 0)
        become_busctl(scope, pid);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fail("linux.cgroupsPath is systemd's, and there is no busctl; have the engine make cgroups "
             "itself: podman --cgroup-manager cgroupfs, or SystemdCgroup = false in containerd's "
             "configuration");
    if (status != 0)
        fail("systemd does not make the scope %s: busctl failed with status %d", scope->unit,
             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    for (unsigned tries = 0; !is_in(scope, pid); tries++) {
        if (tries == MAKE_TRIES)
            fail("systemd has not made the scope %s within %d s", scope->unit, MAKE_TRIES / 1000);
        poll(NULL, 0, 1);
    }
}
