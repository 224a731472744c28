/* A container's directory: see container.h. */
#include "container.h"

#include "config.h"
#include "file.h"
#include "hooks.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* hooks and annotations are in it as config.json has them, and paths, escaped */
#define STATE_MAX (CONFIG_BYTES_MAX + 16 * PATH_MAX)

bool container_is_id(const char *id)
{
    const size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_+-.");

    return length > 0 && length <= 255 && id[length] == '\0' && strspn(id, ".") < length;
}

void container_check_id(const char *id)
{
    if (!container_is_id(id))
        fail("container ID '%s': expected 1 to 255 letters, digits, '_', '+', '-' and '.'", id);
}

char *container_path(const struct container *container, const char *file)
{
    char *path;

    if (asprintf(&path, "%s/%s/%s", container->root, container->id, file) < 0)
        fail_errno("cannot name a file");
    return path;
}

static int open_root(const char *root)
{
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        fail_errno("cannot open %s (--root)", root);
    return fd;
}

/* The caller has the only lock, unless the directory was removed while it waited. */
static bool lock_directory(int directory, int how)
{
    struct stat status;

    while (flock(directory, how) != 0)
        if (errno != EINTR)
            return false;
    return fstat(directory, &status) == 0 && status.st_nlink > 0;
}

static bool has_state(int directory)
{
    return faccessat(directory, CONTAINER_STATE, F_OK, 0) == 0;
}

/*
 * Removes the directory if it is what a create has left that was killed before it had its cleaner:
 * one without a state that nobody has locked. Each is locked under the lock of the root as soon as
 * it is made, so the caller must have that. Returns whether it is gone.
 */
static bool sweep(struct container *container)
{
    if (has_state(container->directory) || !lock_directory(container->directory, LOCK_EX | LOCK_NB))
        return false;
    container_remove(container);
    close(container->directory);
    return true;
}

static int open_directory(int root, const char *id)
{
    return openat(root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The same of one that is in the way. */
static bool take_over(struct container *container, int root)
{
    container->directory = open_directory(root, container->id);
    return container->directory >= 0 && sweep(container) && mkdirat(root, container->id, 0700) == 0;
}

struct container container_make(const char *root, const char *id)
{
    struct container container = {.root = root, .id = id};
    int parent;

    make_directories(root, 0700);
    parent = open_root(root);
    if (!lock_directory(parent, LOCK_EX))
        fail_errno("cannot lock %s (--root)", root);
    if (mkdirat(parent, id, 0700) != 0) {
        if (errno != EEXIST)
            fail_errno("cannot make the directory %s/%s (--root)", root, id);
        if (!take_over(&container, parent))
            fail("a container with the ID %s already exists", id);
    }
    container.directory = open_directory(parent, id);
    if (container.directory < 0 || !lock_directory(container.directory, LOCK_EX))
        fail_errno("cannot lock the directory %s/%s", root, id);
    close(parent);
    return container;
}

void container_unlock(const struct container *container)
{
    flock(container->directory, LOCK_UN);
}

static void read_state(struct container *container)
{
    struct reading reading = {0};
    size_t length;
    char *text = read_file_at(container->directory, CONTAINER_STATE, STATE_MAX, &length);
    struct place state = {.name = ""};

    if (!text)
        fail_errno("cannot read %s/%s/" CONTAINER_STATE, container->root, container->id);
    state.object = container->state = read_document(&reading, text, length);
    container->process = (struct process_id){
        .pid = (pid_t)read_integer(&reading, &state, "pid", 0, INT32_MAX, 0),
        .start_time =
            (unsigned long long)read_integer(&reading, &state, "startTime", 0, INT64_MAX, 0),
    };
    if (reading.error[0] != '\0')
        fail("%s/%s/" CONTAINER_STATE ": %s", container->root, container->id, reading.error);
    free(text);
}

/* Opens the directory, unless there is none, or one that is only a leftover. */
static bool find(struct container *container)
{
    int root = open(container->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool found;

    container->directory = root < 0 ? -1 : open_directory(root, container->id);
    found = container->directory >= 0;
    if (!found && errno != ENOENT && (root < 0 || errno != ENOTDIR))
        fail_errno("cannot open the container %s in %s", container->id, container->root);
    if (found && !has_state(container->directory) && lock_directory(root, LOCK_EX))
        found = !sweep(container);
    if (root >= 0)
        close(root);
    return found;
}

bool container_open(struct container *container, const char *root, const char *id, bool lock)
{
    *container = (struct container){.root = root, .id = id};
    container_check_id(id);
    if (!find(container) || (lock && !lock_directory(container->directory, LOCK_EX)))
        return false;
    if (has_state(container->directory))
        read_state(container);
    return true;
}

enum status container_status(const struct container *container)
{
    int hold;

    if (!container->state)
        return STATUS_CREATING;
    if (!process_lives(&container->process))
        return STATUS_STOPPED;
    hold = openat(container->directory, CONTAINER_HOLD, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (hold < 0)
        return STATUS_RUNNING;
    close(hold);
    return STATUS_CREATED;
}

const char *container_status_name(enum status status)
{
    static const char *const names[] = {
        [STATUS_CREATING] = "creating",
        [STATUS_CREATED] = "created",
        [STATUS_RUNNING] = "running",
        [STATUS_STOPPED] = "stopped",
    };

    return names[status];
}

struct json_object *container_describe(const struct container *container, enum status status)
{
    static const char *const shown[] = {"ociVersion", "bundle", "rootfs", "created", "annotations"};
    struct json_object *state = json_object_new_object(), *value;

    json_object_object_add(state, "ociVersion", json_object_new_string("1.0.2"));
    json_object_object_add(state, "id", json_object_new_string(container->id));
    json_object_object_add(
        state, "pid", json_object_new_int(status == STATUS_STOPPED ? 0 : container->process.pid));
    json_object_object_add(state, "status", json_object_new_string(container_status_name(status)));
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (container->state && json_object_object_get_ex(container->state, shown[i], &value))
            json_object_object_add(state, shown[i], json_object_get(value));
    return state;
}

void container_save(const struct container *container)
{
    const char *text = json_object_to_json_string_ext(
        container->state, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    if (!write_file_at(container->directory, CONTAINER_STATE, text, strlen(text), 0600))
        fail_errno("cannot write %s/%s/" CONTAINER_STATE, container->root, container->id);
}

void container_remove(const struct container *container)
{
    char *path = container_path(container, "");

    remove_files(container->directory);
    if (rmdir(path) != 0 && errno != ENOENT)
        complain("cannot remove %s: %s", path, strerror(errno));
    free(path);
}

void container_destroy(const struct container *container)
{
    struct json_object *state = container_describe(container, STATUS_STOPPED);
    const struct group group = container_group(container);

    group_remove(&group);
    container_remove(container);
    hooks_run_all(container_member(container, "hooks"), "poststop", state);
    json_object_put(state);
}

/* Why there is no guest that waits, as far as the log has it. */
static _Noreturn void cannot_start(const struct container *container)
{
    const int log = openat(container->directory, CONTAINER_LOG, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char words[LAST_WORDS] = "";

    if (log >= 0)
        last_words(log, words);
    fail("cannot start container %s: it has ended%s%s", container->id, words[0] != '\0' ? ": " : "",
         words);
}

/* False if there is no guest that waits. */
static bool let_go(const struct container *container)
{
    int hold = openat(container->directory, CONTAINER_HOLD, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    struct pollfd taken = {.fd = hold}; /* POLLERR: there is no reader any more */
    bool written;

    if (hold < 0)
        return false;
    written = write(hold, "", 1) == 1;
    while (written && poll(&taken, 1, -1) < 0 && errno == EINTR)
        continue;
    close(hold);
    return written;
}

void container_start(const struct container *container)
{
    struct json_object *state;

    if (!let_go(container))
        cannot_start(container);
    state = container_describe(container, STATUS_RUNNING);
    hooks_run_all(container_member(container, "hooks"), "poststart", state);
    json_object_put(state);
}

struct group container_group(const struct container *container)
{
    struct json_object *path = container_member(container, "cgroup");
    struct json_object *scope = container_member(container, "scope");

    return group_at(path ? json_object_get_string(path) : "",
                    scope ? json_object_get_string(scope) : "");
}

struct json_object *container_member(const struct container *container, const char *name)
{
    struct json_object *value = NULL;

    if (container->state)
        json_object_object_get_ex(container->state, name, &value);
    return value;
}
