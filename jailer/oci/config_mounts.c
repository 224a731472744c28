/*
 * Reads the mounts of config.json: see config.h. The guest has /proc, /dev and /sys of its own, so
 * these are passed over. What is only to be read becomes an image or a copy; what would be written
 * to on the host is a mistake.
 */
#include "config.h"

#include "settings.h"

#include <string.h>

#define MOUNTS_MAX 512 /* in the list */

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

/* In the guest's /dev, whatever is mounted there. */
static bool is_device(const char *destination)
{
    static const char *const own[] = {
        "/dev", "/dev/shm", "/dev/mqueue", "/dev/pts", "/dev/termination-log", NULL};

    return is_one_of(destination, own);
}

/* Files by which engines tell a container of its surroundings. They are bound to be writable, but
 * nobody else reads what is written. */
static bool is_of_engine(const char *destination)
{
    static const char *const files[] = {"/etc/hosts",
                                        "/etc/hostname",
                                        "/etc/resolv.conf",
                                        "/run/.containerenv",
                                        "/.dockerenv",
                                        "/run/secrets",
                                        NULL};

    return is_one_of(destination, files);
}

static bool has_option(struct reading *reading, const struct place *mount, const char *option)
{
    struct json_object *options = read_array(reading, mount, "options", 64);
    bool found = false;

    for (size_t i = 0; options && i < json_object_array_length(options); i++) {
        const char *text = read_element(reading, mount, "options", options, i);

        found |= text && strcmp(text, option) == 0;
    }
    return found;
}

/* The value of an option such as size=64m, or NULL. */
static const char *option_value(struct reading *reading, const struct place *mount,
                                const char *name)
{
    struct json_object *options = read_array(reading, mount, "options", 64);
    const char *value = NULL;

    for (size_t i = 0; options && i < json_object_array_length(options); i++) {
        const char *text = read_element(reading, mount, "options", options, i);

        if (text && strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '=')
            value = text + strlen(name) + 1;
    }
    return value;
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

static void add_mount(struct config *config, struct reading *reading, const struct place *mount,
                      struct config_mount added)
{
    if (config->mount_count == CONFIG_MOUNTS)
        reading_fail(reading, "%s: at most %d mounts are supported", mount->name, CONFIG_MOUNTS);
    else
        config->mounts[config->mount_count++] = added;
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
                  (struct config_mount){MOUNT_COPY, destination, source, NULL});
    else if (!(config->without & WITHOUT_MOUNTS))
        reading_fail(reading,
                     "%s: %.128s would be written to on the host, which a VM cannot; mount it "
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
    else if ((type && is_own(type)) || is_device(destination))
        return;
    else if ((type && strcmp(type, "bind") == 0) || has_option(reading, mount, "bind") ||
             has_option(reading, mount, "rbind"))
        read_bind(config, reading, mount, destination);
    else if (type && strcmp(type, "tmpfs") == 0)
        add_mount(config, reading, mount,
                  (struct config_mount){MOUNT_TMPFS, destination, NULL,
                                        option_value(reading, mount, "size")});
    else
        reading_fail(reading, "%s.type: a VM cannot mount %.32s", mount->name,
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
