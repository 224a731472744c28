/* Reads the part of config.json that is about Linux: see config.h. */
#include "config.h"

#include "settings.h"

#include "vmm/linux.h"

#include <string.h>

#define DEVICES_MAX    256
#define NAMESPACES_MAX 16
#define MEMORY_MIN     (4 << 20) /* as jailer --mem has it */

/*
 * A VM has namespaces of its own, whatever the list has. Only the network's matters: the host's
 * (none in the list) or one with interfaces in it is what a container wants to talk through.
 */
static void read_namespaces(struct config *config, struct reading *reading,
                            const struct place *whole)
{
    struct json_object *list = read_array(reading, whole, "linux.namespaces", NAMESPACES_MAX);
    bool own = false;

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const struct place namespace = read_place(reading, whole, "linux.namespaces", list, i);
        const char *type = read_string(reading, &namespace, "type");
        const char *path = read_string(reading, &namespace, "path");

        if (!type) {
            reading_fail(reading, "%s.type: missing", namespace.name);
        } else if (strcmp(type, "network") == 0) {
            config->network = path;
            own = true;
        }
    }
    if (!own && !(config->without & WITHOUT_NETWORK))
        reading_fail(reading, "linux.namespaces: without one of type network the container would "
                              "have the host's network, and a VM has none; " GO_WITHOUT("network"));
    if (config->without & WITHOUT_NETWORK)
        config->network = NULL;
}

/* The standard devices are there anyway. */
static void read_devices(struct config *config, struct reading *reading, const struct place *whole)
{
    static const char *const standard[] = {"/dev/null",    "/dev/zero",    "/dev/full",
                                           "/dev/random",  "/dev/urandom", "/dev/tty",
                                           "/dev/console", "/dev/ptmx"};
    struct json_object *list = read_array(reading, whole, "linux.devices", DEVICES_MAX);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const struct place device = read_place(reading, whole, "linux.devices", list, i);
        const char *path = read_string(reading, &device, "path");
        bool is_standard = false;

        for (size_t j = 0; path && j < sizeof(standard) / sizeof(standard[0]); j++)
            is_standard |= strcmp(path, standard[j]) == 0;
        if (!is_standard && !(config->without & WITHOUT_DEVICES))
            reading_fail(reading, "%s: a VM has no device %.64s; " GO_WITHOUT("devices"),
                         device.name, path ? path : "without a path");
    }
}

static void read_resources(struct config *config, struct reading *reading,
                           const struct place *whole)
{
    struct config_cgroup *cgroup = &config->cgroup;

    config->memory = read_integer(reading, whole, "linux.resources.memory.limit", -1, INT64_MAX, 0);
    if (config->memory < 0)
        config->memory = 0;
    if (config->memory > (int64_t)LINUX_RAM_MAX) /* a limit: less is right, too */
        config->memory = (int64_t)LINUX_RAM_MAX;
    if (config->memory > 0 && config->memory < MEMORY_MIN)
        reading_fail(reading, "linux.resources.memory.limit: a VM needs at least %d MiB",
                     MEMORY_MIN >> 20);
    if (read_bool(reading, whole, "linux.resources.memory.disableOOMKiller", false))
        reading_fail(reading, "linux.resources.memory.disableOOMKiller: not supported");
    cgroup->cpu_shares =
        read_integer(reading, whole, "linux.resources.cpu.shares", 0, INT64_MAX, 0);
    cgroup->cpu_quota = read_integer(reading, whole, "linux.resources.cpu.quota", -1, INT64_MAX, 0);
    cgroup->cpu_period =
        read_integer(reading, whole, "linux.resources.cpu.period", 0, INT64_MAX, 0);
    cgroup->cpus = read_string(reading, whole, "linux.resources.cpu.cpus");
    cgroup->mems = read_string(reading, whole, "linux.resources.cpu.mems");
    cgroup->unified = read_object(reading, whole, "linux.resources.unified");
}

void config_read_linux(struct config *config, struct reading *reading, const struct place *whole)
{
    const char *propagation;

    if (!read_object(reading, whole, "linux")) {
        reading_fail(reading, "linux: missing; only containers of Linux are supported");
        return;
    }
    read_namespaces(config, reading, whole);
    read_devices(config, reading, whole);
    read_resources(config, reading, whole);
    config->cgroup.path = read_string(reading, whole, "linux.cgroupsPath");
    propagation = read_string(reading, whole, "linux.rootfsPropagation");
    if (propagation && strcmp(propagation, "private") != 0 &&
        strcmp(propagation, "rprivate") != 0 && strcmp(propagation, "slave") != 0 &&
        strcmp(propagation, "rslave") != 0)
        reading_fail(reading,
                     "linux.rootfsPropagation: %.16s: mounts inside a VM reach nobody outside",
                     propagation);
}
