/* The cgroup of a container: see group.h. */
#include "group.h"

#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP_ROOT  "/sys/fs/cgroup"
#define SUPERVISOR   "supervisor" /* v2: processes are only in directories without others below */
#define REMOVE_TRIES 5000         /* each waits 1 ms */
#define PATH_LENGTH  512

/* v1's hierarchies: those of the jailer first, which must be there; v2's beside them, for the
 * jailer's address guard, is no place for us. */
static const char *const controllers[] = {"memory", "pids", "cpu", "cpuacct", "cpuset", "unified"};
#define NEEDED  3
#define UNIFIED 5
#define COUNT   6

static bool is_v2(void)
{
    struct statfs root;

    return statfs(CGROUP_ROOT, &root) == 0 && root.f_type == CGROUP2_SUPER_MAGIC;
}

/* The directory of a controller, or of part of the path in it. */
static void directory_of(const struct group *group, const char *controller, const char *path,
                         char directory[PATH_LENGTH])
{
    snprintf(directory, PATH_LENGTH, CGROUP_ROOT "%s%s/%s", group->v2 ? "" : "/",
             group->v2 ? "" : controller, path);
}

static bool has_controller(const struct group *group, unsigned number)
{
    char directory[PATH_LENGTH];

    directory_of(group, controllers[number], "", directory);
    return group->v2 ? number == 0 : access(directory, F_OK) == 0;
}

static void check_path(const char *path)
{
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            fail("linux.cgroupsPath %.128s: '..' is not accepted", path);
    }
}

/* Whether this user may make cgroups. */
static bool has_cgroups(const struct group *group)
{
    return geteuid() == 0 &&
           access(group->v2 ? CGROUP_ROOT "/cgroup.procs" : CGROUP_ROOT "/memory/tasks", W_OK) == 0;
}

static void name_scope(struct group *group, const char *path, const char *id)
{
    char usual[300];

    snprintf(usual, sizeof(usual), ":sparkler-oci:%s", id);
    group->scope = scope_name(path ? path : usual, group->path, sizeof(group->path));
}

struct group group_name(const struct config_cgroup *config, const char *id, bool systemd)
{
    struct group group = {.v2 = is_v2()};
    const char *path = config->path && config->path[0] != '\0' ? config->path : NULL;
    int length;

    if (!has_cgroups(&group))
        return group;
    if (systemd || (path && path[0] != '/' && strchr(path, ':'))) {
        name_scope(&group, path, id);
        return group;
    }
    if (path)
        check_path(path);
    if (path && path[strspn(path, "/")] != '\0')
        length = snprintf(group.path, sizeof(group.path), "%s", path + strspn(path, "/"));
    else
        length = snprintf(group.path, sizeof(group.path), "sparkler-oci/%s", id);
    if (length >= (int)sizeof(group.path))
        fail("linux.cgroupsPath: expected at most %zu bytes", sizeof(group.path) - 1);
    return group;
}

struct group group_at(const char *path, const char *scope)
{
    struct group group = {.v2 = is_v2()};

    snprintf(group.scope.unit, sizeof(group.scope.unit), "%s", scope);
    snprintf(group.path, sizeof(group.path), "%s", path);
    return group;
}

/* In v2 systemd makes the directory of a scope. */
static bool is_scope_of(const struct group *group)
{
    return group->v2 && group->scope.unit[0] != '\0';
}

static bool write_file(const char *directory, const char *file, const char *value)
{
    char path[PATH_LENGTH + 64];
    int fd;
    bool written;

    snprintf(path, sizeof(path), "%s/%s", directory, file);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    written = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    close(fd);
    return written;
}

static void set(const struct group *group, const char *controller, const char *file,
                const char *value)
{
    char directory[PATH_LENGTH];

    directory_of(group, controller, group->path, directory);
    if (!write_file(directory, file, value))
        fail_errno("cannot set %s to %.64s in the cgroup %s", file, value, directory);
}

/* cpuset of v1 starts empty, and nobody can enter then: it has what its parent has. */
static void inherit(const char *parent, const char *directory, const char *file)
{
    char path[PATH_LENGTH + 64], text[256] = "";
    ssize_t length = 0;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", parent, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, sizeof(text) - 1);
        close(fd);
    }
    if (length > 0)
        write_file(directory, file, text);
}

/* Makes one directory below `parent`, which exists. */
static void make_one(const struct group *group, unsigned number, const char *parent,
                     const char *directory)
{
    if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        fail_errno("cannot make the cgroup %s", directory);
    if (group->v2 && !write_file(parent, "cgroup.subtree_control", "+memory +pids +cpu"))
        fail_errno("cannot enable memory, pids and cpu in %s", parent);
    if (group->v2)
        write_file(parent, "cgroup.subtree_control", "+cpuset"); /* only if it is asked for */
    if (!group->v2 && strcmp(controllers[number], "cpuset") == 0) {
        inherit(parent, directory, "cpuset.cpus");
        inherit(parent, directory, "cpuset.mems");
    }
}

static void make_in(const struct group *group, unsigned number)
{
    char parent[PATH_LENGTH], directory[PATH_LENGTH], part[sizeof(group->path)];
    const size_t length = strlen(group->path);

    directory_of(group, controllers[number], "", parent);
    for (size_t i = 1; i <= length; i++) {
        if (group->path[i] != '/' && group->path[i] != '\0')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)i, group->path);
        directory_of(group, controllers[number], part, directory);
        make_one(group, number, parent, directory);
        memcpy(parent, directory, sizeof(parent));
    }
}

/* v1's shares, 2 to 262144, as v2's weight, 1 to 10000: what runc and crun do. */
static long long weight_of(long long shares)
{
    return 1 + (shares - 2) * 9999 / 262142;
}

static void set_shares(const struct group *group, long long shares)
{
    char value[32];

    snprintf(value, sizeof(value), "%lld", group->v2 ? weight_of(shares) : shares);
    set(group, "cpu", group->v2 ? "cpu.weight" : "cpu.shares", value);
}

/* Any file of v2, by its name: CONTROLLER.FILE. */
static void set_unified(const struct group *group, struct json_object *unified)
{
    if (!group->v2)
        fail("linux.resources.unified: this machine has cgroup v1");
    json_object_object_foreach(unified, file, value)
    {
        if (strchr(file, '/') || !strchr(file, '.') || file[0] == '.' ||
            !json_object_is_type(value, json_type_string))
            fail(
                "linux.resources.unified.%.64s: expected the name of a cgroup's file, and a string",
                file);
        set(group, "", file, json_object_get_string(value));
    }
}

void group_make(const struct group *group, const struct config_cgroup *config, pid_t pid)
{
    char leaf[PATH_LENGTH + 16];
    char directory[PATH_LENGTH];

    if (group->path[0] == '\0')
        return;
    if (group->scope.unit[0] != '\0')
        scope_make(&group->scope, pid);
    for (unsigned i = 0; i < COUNT && !is_scope_of(group); i++)
        if (has_controller(group, i))
            make_in(group, i);
        else if (i < NEEDED && !group->v2)
            fail("there is no cgroup " CGROUP_ROOT "/%s", controllers[i]);
    if (group->v2) {
        directory_of(group, "", group->path, directory);
        snprintf(leaf, sizeof(leaf), "%s/" SUPERVISOR, directory);
        if (mkdir(leaf, 0755) != 0 && errno != EEXIST)
            fail_errno("cannot make the cgroup %s", leaf);
    }
    if (config->cpu_shares > 1)
        set_shares(group, config->cpu_shares);
    if (config->cpus && config->cpus[0] != '\0')
        set(group, "cpuset", "cpuset.cpus", config->cpus);
    if (config->mems && config->mems[0] != '\0')
        set(group, "cpuset", "cpuset.mems", config->mems);
    if (config->unified)
        set_unified(group, config->unified);
}

bool group_enter(const struct group *group)
{
    char directory[PATH_LENGTH];

    if (group->path[0] == '\0')
        return true;
    if (group->v2) {
        char leaf[PATH_LENGTH + 16];

        directory_of(group, "", group->path, directory);
        snprintf(leaf, sizeof(leaf), "%s/" SUPERVISOR, directory);
        return write_file(leaf, "cgroup.procs", "0") &&
               write_file(directory, "cgroup.subtree_control", "+memory +pids +cpu");
    }
    /* "0" is the writer; in v1's `tasks` the kernel takes no lock for it (jailer/cgroup.c) */
    for (unsigned i = 0; i < UNIFIED; i++) {
        directory_of(group, controllers[i], group->path, directory);
        if (has_controller(group, i) && !write_file(directory, "tasks", "0"))
            return false;
    }
    return true;
}

/* Removes a directory, unless it `stays`, and those directly below it. Returns 0, or why one is
 * still there. */
static int remove_tree(const char *directory, bool stays)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    char below[PATH_LENGTH + 256];
    int why = 0;

    if (!stream)
        return errno == ENOENT ? 0 : errno;
    while ((entry = readdir(stream)) != NULL) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof(below), "%s/%s", directory, entry->d_name);
        if (rmdir(below) != 0 && errno != ENOENT)
            why = errno;
    }
    closedir(stream);
    if (why != 0 || stays)
        return why;
    return rmdir(directory) == 0 || errno == ENOENT ? 0 : errno;
}

/* Where systemd finds by a scope's directory that the scope has ended, and then removes that: in
 * v2, also beside v1. */
static bool is_watched(const struct group *group, unsigned number)
{
    return group->scope.unit[0] != '\0' && (group->v2 || number == UNIFIED);
}

void group_remove(const struct group *group)
{
    char directory[PATH_LENGTH];
    int why = EBUSY;

    if (group->path[0] == '\0')
        return;
    for (unsigned tries = 0; why != 0 && tries < REMOVE_TRIES; tries++) {
        if (tries > 0)
            poll(NULL, 0, 1);
        why = 0;
        for (unsigned i = 0; i < COUNT; i++) {
            if (!has_controller(group, i))
                continue;
            directory_of(group, controllers[i], group->path, directory);
            why = why != 0 ? why : remove_tree(directory, is_watched(group, i));
        }
    }
    if (why != 0)
        complain("cannot remove the cgroup %s: %s", group->path, strerror(why));
}

void group_read(const struct group *group, const char *controller, const char *file, char *text,
                size_t size)
{
    char path[PATH_LENGTH + 64], directory[PATH_LENGTH];
    ssize_t length = 0;
    int fd;

    directory_of(group, controller, group->path, directory);
    snprintf(path, sizeof(path), "%s/%s", directory, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, size - 1);
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
}
