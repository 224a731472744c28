/* The VM of a container: see vm.h. */
#include "vm.h"

#include "image.h"
#include "log.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEEDS       "/etc/sparkler/feeds.d"
#define CREDENTIALS "/etc/sparkler/credentials.d"
#define IMAGES      "/var/lib/sparkler/images"
#define RECORDS     "/var/log/sparkler"

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *text, ...)
{
    va_list values;
    char *formatted;

    va_start(values, text);
    if (vasprintf(&formatted, text, values) < 0)
        fail("out of memory");
    va_end(values);
    return formatted;
}

static void add(struct arguments *arguments, const char *option, const char *value)
{
    arguments_add(arguments, option);
    arguments_add(arguments, value);
}

/* Annotations that change nothing but the jailer's command line. */
static void add_annotation(const struct vm *vm, struct arguments *arguments, const char *name,
                           const char *value)
{
    static const char credential[] = "credential.";

    if (strcmp(name, "feeds") == 0) {
        add(arguments, "--feeds",
            settings_file(vm->settings, "sparkler.feeds", value, FEEDS, ".json"));
    } else if (strncmp(name, credential, strlen(credential)) == 0) {
        const char *file =
            settings_file(vm->settings, "sparkler.credential", value, CREDENTIALS, "");

        add(arguments, "--credential", format("%s=%s", name + strlen(credential), file));
    } else if (strcmp(name, "record") == 0) {
        add(arguments, "--record",
            settings_file(vm->settings, "sparkler.record", value, RECORDS, ".jsonl"));
    } else if (strcmp(name, "console") == 0) {
        add(arguments, "--console", value);
    } else if (strcmp(name, "mem") == 0) {
        add(arguments, "--mem", value);
    } else if (strcmp(name, "timeout") == 0) {
        add(arguments, "--timeout", value);
    } else if (strcmp(name, "samples") == 0 && strcmp(value, "true") == 0) {
        arguments_add(arguments, "--offline-samples");
    } else if (strcmp(name, "trace") == 0 && strcmp(value, "true") == 0) {
        arguments_add(arguments, "--trace");
    } else if (strcmp(name, "root") != 0 && strcmp(name, "without") != 0) {
        fail("annotation sparkler.%.64s=%.64s: no such name or value; sparkler-oci(8) has a list",
             name, value);
    }
}

static void add_annotations(const struct vm *vm, struct arguments *arguments)
{
    static const char ours[] = "sparkler.";

    if (!vm->config->annotations)
        return;
    json_object_object_foreach(vm->config->annotations, key, value)
    {
        if (strncmp(key, ours, strlen(ours)) == 0)
            add_annotation(vm, arguments, key + strlen(ours), json_object_get_string(value));
    }
}

/* --mem by the engine's limit, unless an annotation says what the guest has. */
static void add_memory(const struct vm *vm, struct arguments *arguments)
{
    if (vm->config->memory > 0 && !config_annotation(vm->config, "sparkler.mem"))
        add(arguments, "--mem", format("%lld", (long long)vm->config->memory & ~0xfffLL));
}

/* A VM has one processor, which is also what the jailer limits it to. */
static void add_cpu(const struct vm *vm, struct arguments *arguments)
{
    const long long quota = vm->config->cgroup.cpu_quota;
    const long long given = vm->config->cgroup.cpu_period, period = given > 0 ? given : 100000;

    if (vm->group->path[0] == '\0' || quota <= 0 || quota >= period)
        return;
    if (vm->group->v2) {
        add(arguments, "--cgroup", format("cpu.max=%lld %lld", quota, period));
        return;
    }
    add(arguments, "--cgroup", format("cpu.cfs_quota_us=%lld", quota));
    if (period != 100000)
        add(arguments, "--cgroup", format("cpu.cfs_period_us=%lld", period));
}

static void add_user(const struct vm *vm, struct arguments *arguments)
{
    const struct config *config = vm->config;
    struct json_object *groups = config->groups;
    char *user = format("%u:%u", config->uid, config->gid);

    for (size_t i = 0; groups && i < json_object_array_length(groups); i++)
        user = format("%s%c%lld", user, i == 0 ? ':' : ',',
                      (long long)json_object_get_int64(json_object_array_get_idx(groups, i)));
    add(arguments, "--user", user);
}

/* json-c reads what exceeds its 64 bits, RLIM_INFINITY, as the largest number. */
static const char *limit_text(struct json_object *limit, const char *name)
{
    struct json_object *value;
    int64_t number = 0;

    if (json_object_object_get_ex(limit, name, &value))
        number = json_object_get_int64(value);
    return number == INT64_MAX ? "unlimited" : format("%lld", (long long)number);
}

static void add_rlimits(const struct vm *vm, struct arguments *arguments)
{
    struct json_object *limits = vm->config->rlimits, *type;

    for (size_t i = 0; limits && i < json_object_array_length(limits); i++) {
        struct json_object *limit = json_object_array_get_idx(limits, i);
        char *name;

        json_object_object_get_ex(limit, "type", &type);
        name = strdup(json_object_get_string(type) + strlen("RLIMIT_"));
        for (char *letter = name; letter && *letter != '\0'; letter++)
            *letter |= 0x20;
        add(arguments, "--rlimit",
            format("%s=%s:%s", name, limit_text(limit, "soft"), limit_text(limit, "hard")));
    }
}

/* A ready image, or one of the bundle's directory. */
static void add_root(struct vm *vm, struct arguments *arguments)
{
    const char *given = config_annotation(vm->config, "sparkler.root");

    if (given)
        image_given(settings_file(vm->settings, "sparkler.root", given, IMAGES, ".erofs"),
                    &vm->image);
    else
        image_of_root(vm->rootfs, &vm->image);
    add(arguments, "--root", vm->image.path);
}

/* A copy of what the host has there, in the container's directory. */
static void add_copy(const struct vm *vm, struct arguments *arguments, unsigned number)
{
    const struct config_mount *mount = &vm->config->mounts[number];
    const char *copy = container_path(vm->container, format("mount%u", number));
    const enum image_kind kind = image_of_mount(mount->source, copy);

    add(arguments, kind == IMAGE_DIRECTORY ? "--mount" : "--file",
        format("%s=%s", mount->destination, copy));
}

static void add_tmpfs(struct arguments *arguments, const struct config_mount *mount)
{
    char *text = format("%s", mount->destination);
    char separator = '=';

    for (size_t i = 0; mount->options && i < json_object_array_length(mount->options); i++) {
        const char *option = json_object_get_string(json_object_array_get_idx(mount->options, i));

        if (!mount_option_is_kept(option))
            continue;
        text = format("%s%c%s", text, separator, option);
        separator = ',';
    }
    add(arguments, "--tmpfs", text);
}

static void add_mounts(const struct vm *vm, struct arguments *arguments)
{
    for (unsigned i = 0; i < vm->config->mount_count; i++)
        if (vm->config->mounts[i].kind == MOUNT_COPY)
            add_copy(vm, arguments, i);
        else
            add_tmpfs(arguments, &vm->config->mounts[i]);
}

struct arguments vm_arguments(struct vm *vm)
{
    const struct config *config = vm->config;
    struct arguments arguments = {0};

    add(&arguments, "--hold", container_path(vm->container, CONTAINER_HOLD));
    arguments_add(&arguments, "--pass-signals");
    if (vm->group->path[0] != '\0')
        add(&arguments, "--parent-cgroup", vm->group->path);
    add_memory(vm, &arguments);
    add_cpu(vm, &arguments);
    add_annotations(vm, &arguments);
    add_root(vm, &arguments);
    if (config->is_read_only)
        arguments_add(&arguments, "--read-only");
    if (config->hostname && config->hostname[0] != '\0')
        add(&arguments, "--hostname", config->hostname);
    add_mounts(vm, &arguments);
    add_user(vm, &arguments);
    add_rlimits(vm, &arguments);
    add(&arguments, "--cwd", config->cwd);
    for (const char **variable = config->env; *variable; variable++)
        add(&arguments, "--env", *variable);
    arguments_add(&arguments, "--");
    for (const char **argument = config->args; *argument; argument++)
        arguments_add(&arguments, *argument);
    return arguments;
}

#define HAS_INTERFACE 255 /* no errno */

/* In a child, since it cannot come back. Its status: 0 if there is only a loopback interface,
 * HAS_INTERFACE, or errno. */
static _Noreturn void look_at_network(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct if_nameindex *interfaces;

    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0 || !(interfaces = if_nameindex()))
        _exit(errno);
    for (struct if_nameindex *i = interfaces; i->if_index != 0; i++)
        if (strcmp(i->if_name, "lo") != 0)
            _exit(HAS_INTERFACE);
    _exit(0);
}

void vm_check_network(const struct config *config)
{
    const char *path = config->network;
    pid_t pid;
    int error;

    if (!path)
        return;
    pid = fork();
    if (pid < 0)
        fail_errno("cannot start a process");
    if (pid == 0)
        look_at_network(path);
    error = process_await(pid);
    if (error == HAS_INTERFACE)
        fail("linux.namespaces: the network namespace %.128s has an interface, and a VM has no "
             "network; use the engine's --network none; " GO_WITHOUT("network"),
             path);
    errno = error;
    if (error != 0)
        fail_errno("linux.namespaces: cannot look into the network namespace %.128s", path);
}
