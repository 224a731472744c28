/*
 * Reads the mounts of config.json: see config.h. The guest has /proc, /dev and /sys of its own, so
 * these are passed over. What is only to be read becomes an image or a copy; what would be written
 * to on the host is a mistake.
 */
#include "config.h"

#include "settings.h"

#include <stdio.h>
#include <string.h>

#define MOUNTS_MAX  512 /* in the list */
#define OPTIONS_MAX 64  /* of one */

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(text, *list) != 0)
        list++;
    return *list != NULL;
}

/* File systems that the guest's kernel has by itself, or for which it has no use. */
static bool is_own(const char *type)
{
    static const char *const own[] = {"proc",   "sysfs",   "devpts", "mqueue",
                                      "cgroup", "cgroup2", NULL};

    return is_one_of(type, own);
}

/* In file systems of the guest's kernel, whatever engines put there: /sys/fs/cgroup/systemd. */
static bool is_of_kernel(const char *destination)
{
    static const char *const own[] = {"/proc", "/sys"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        const size_t length = strlen(own[i]);

        if (strncmp(destination, own[i], length) == 0 &&
            (destination[length] == '\0' || destination[length] == '/'))
            return true;
    }
    return false;
}

/* In the guest's /dev, whatever is mounted there. */
static bool is_device(const char *destination)
{
    static const char *const own[] = {
        "/dev", "/dev/shm", "/dev/mqueue", "/dev/pts", "/dev/termination-log", NULL};

    return is_one_of(destination, own);
}

/* Files by which engines tell a container of its surroundings, and secrets. They are bound to be
 * writable, but nobody else reads what is written. */
static bool is_of_engine(const char *destination)
{
    static const char secrets[] = "/run/secrets/";
    static const char *const files[] = {
        "/etc/hosts",         "/etc/hostname", "/etc/localtime", "/etc/resolv.conf",
        "/run/.containerenv", "/.dockerenv",   "/run/secrets",   NULL};

    return is_one_of(destination, files) || strncmp(destination, secrets, strlen(secrets)) == 0;
}

static bool has_option(struct reading *reading, const struct place *mount, const char *option)
{
    struct json_object *options = read_array(reading, mount, "options", OPTIONS_MAX);
    bool found = false;

    for (size_t i = 0; options && i < json_object_array_length(options); i++) {
        const char *text = read_element(reading, mount, "options", options, i);

        found |= text && strcmp(text, option) == 0;
    }
    return found;
}

/* What is meant for a host: the guest's kernel has no devices, bounds a tmpfs by its size, and no
 * mount is seen elsewhere. */
static bool is_passed_over(const char *option)
{
    static const char *const names[] = {
        "rw",         "async",      "sync",          "dirsync",     "defaults",   "atime",
        "noatime",    "diratime",   "nodiratime",    "relatime",    "norelatime", "strictatime",
        "lazytime",   "nolazytime", "nostrictatime", "suid",        "nosuid",     "dev",
        "nodev",      "exec",       "noexec",        "notmpcopyup", "private",    "rprivate",
        "slave",      "rslave",     "shared",        "rshared",     "unbindable", "runbindable",
        "nr_inodes=", "nr_blocks=", "huge=",         "mpol=",       "inode32",    "inode64",
        NULL};
    char name[32];
    const char *equals = strchr(option, '=');

    snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals + 1 - option) : -1, option);
    return is_one_of(name, names);
}

/* Options of tmpfs(5) with a number. */
struct number {
    const char *name, *digits, *units;
    int most; /* digits */
};

static bool is_number(const struct number *number, const char *value)
{
    const char *end = value + strspn(value, number->digits);

    if (end == value || end - value > number->most)
        return false;
    return *end == '\0' || (end[1] == '\0' && strchr(number->units, *end));
}

bool mount_option_is_kept(const char *option)
{
    static const struct number numbers[] = {{"size=", "0123456789", "kKmMgG%", 15},
                                            {"mode=", "01234567", "", 5},
                                            {"uid=", "0123456789", "", 10},
                                            {"gid=", "0123456789", "", 10}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const size_t length = strlen(numbers[i].name);

        if (strncmp(option, numbers[i].name, length) == 0)
            return is_number(&numbers[i], option + length);
    }
    return strcmp(option, "ro") == 0 || strcmp(option, "tmpcopyup") == 0;
}

static void add_mount(struct config *config, struct reading *reading, const struct place *mount,
                      struct config_mount added)
{
    if (config->mount_count == CONFIG_MOUNTS)
        reading_fail(reading, "%s: at most %d mounts are supported", mount->name, CONFIG_MOUNTS);
    else
        config->mounts[config->mount_count++] = added;
}

static void read_tmpfs(struct config *config, struct reading *reading, const struct place *mount,
                       const char *destination)
{
    struct json_object *options = read_array(reading, mount, "options", OPTIONS_MAX);

    for (size_t i = 0; options && i < json_object_array_length(options); i++) {
        const char *option = read_element(reading, mount, "options", options, i);

        if (option && !mount_option_is_kept(option) && !is_passed_over(option))
            reading_fail(reading, "%s.options: %.64s: a tmpfs in a VM cannot have that",
                         mount->name, option);
    }
    add_mount(config, reading, mount,
              (struct config_mount){MOUNT_TMPFS, destination, .options = options});
}

/* An absolute path without "..", which would be resolved in a file system that we do not have. */
static bool is_plain(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return path[strspn(path, "/")] != '\0' && !strpbrk(path, "=");
}

static void read_bind(struct config *config, struct reading *reading, const struct place *mount,
                      const char *destination)
{
    const char *source = read_string(reading, mount, "source");
    const bool only_read = has_option(reading, mount, "ro") || is_of_engine(destination);

    if (!source || source[0] != '/') {
        reading_fail(reading, "%s.source: expected an absolute path", mount->name);
        return;
    }
    if (only_read)
        add_mount(config, reading, mount,
                  (struct config_mount){MOUNT_COPY, destination, .source = source});
    else if (!(config->without & WITHOUT_MOUNTS))
        reading_fail(reading,
                     "%s: %.128s is writable, and a VM cannot write to the host; mount it "
                     "read-only (ro); " GO_WITHOUT("mounts"),
                     mount->name, destination);
}

static void read_mount(struct config *config, struct reading *reading, const struct place *mount)
{
    const char *destination = read_string(reading, mount, "destination");
    const char *type = read_string(reading, mount, "type");

    if (!destination || !is_plain(destination))
        reading_fail(reading, "%s.destination: expected an absolute path without '..' and '='",
                     mount->name);
    else if ((type && is_own(type)) || is_of_kernel(destination) || is_device(destination))
        return;
    else if ((type && strcmp(type, "bind") == 0) || has_option(reading, mount, "bind") ||
             has_option(reading, mount, "rbind"))
        read_bind(config, reading, mount, destination);
    else if (type && strcmp(type, "tmpfs") == 0)
        read_tmpfs(config, reading, mount, destination);
    else
        reading_fail(reading, "%s: %.128s: a VM cannot mount %.32s", mount->name, destination,
                     type ? type : "what has no type");
}

void config_read_mounts(struct config *config, struct reading *reading, const struct place *whole)
{
    struct json_object *list = read_array(reading, whole, "mounts", MOUNTS_MAX);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const struct place mount = read_place(reading, whole, "mounts", list, i);

        read_mount(config, reading, &mount);
    }
}
