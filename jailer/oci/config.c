/* Reads config.json: see config.h. */
#include "config.h"

#include "hooks.h"
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#define ARGS_MAX   4096
#define GROUPS_MAX 32   /* as jailer --user has it */
#define LIMITS_MAX 16   /* kinds of limits in Linux */
#define SIDE_MAX   1000 /* rows or columns of a terminal */
#define UMASK      0022 /* the guest kernel's */

/* An array of strings, ended by NULL. */
static const char **read_strings(struct reading *reading, const struct place *in, const char *name)
{
    struct json_object *array = read_array(reading, in, name, ARGS_MAX);
    const size_t count = array ? json_object_array_length(array) : 0;
    const char **strings = calloc(count + 1, sizeof(*strings));

    if (!strings)
        reading_fail(reading, "out of memory");
    for (size_t i = 0; strings && i < count; i++)
        strings[i] = read_element(reading, in, name, array, i);
    return strings;
}

static const char *read_version(struct reading *reading, const struct place *whole)
{
    const char *version = read_string(reading, whole, "ociVersion");

    if (!version)
        reading_fail(reading, "ociVersion: missing");
    else if (strncmp(version, "1.", 2) != 0)
        reading_fail(reading, "ociVersion: %.32s: only versions 1.x are supported", version);
    return version;
}

/* sparkler.without: names with commas or spaces between them. */
static unsigned read_without(struct reading *reading, const char *names)
{
    static const char between[] = ", ";
    unsigned without = 0;

    for (names += strspn(names, between); *names != '\0'; names += strspn(names, between)) {
        const size_t length = strcspn(names, between);
        const unsigned bit = without_bit(names, length);

        if (bit == 0)
            reading_fail(reading,
                         "annotations.sparkler.without: %.*s: expected network, mounts, devices or "
                         "hooks",
                         length < 64 ? (int)length : 64, names);
        without |= bit;
        names += length;
    }
    return without;
}

static void read_annotations(struct config *config, struct reading *reading,
                             const struct place *whole)
{
    const char *without;

    config->annotations = read_object(reading, whole, "annotations");
    if (!config->annotations)
        return;
    json_object_object_foreach(config->annotations, key, value)
    {
        if (!json_object_is_type(value, json_type_string) ||
            strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            reading_fail(reading, "annotations.%.64s: expected a string", key);
    }
    without = reading->error[0] != '\0' ? NULL : config_annotation(config, "sparkler.without");
    if (without)
        config->without |= read_without(reading, without);
}

static void read_user(struct config *config, struct reading *reading, const struct place *whole)
{
    config->uid = (uid_t)read_integer(reading, whole, "process.user.uid", 0, UINT32_MAX - 1, 0);
    config->gid = (gid_t)read_integer(reading, whole, "process.user.gid", 0, UINT32_MAX - 1, 0);
    config->groups = read_array(reading, whole, "process.user.additionalGids", GROUPS_MAX);
    for (size_t i = 0; config->groups && i < json_object_array_length(config->groups); i++) {
        struct json_object *group = json_object_array_get_idx(config->groups, i);
        const int64_t number = json_object_get_int64(group);

        if (!json_object_is_type(group, json_type_int) || number < 0 || number >= UINT32_MAX)
            reading_fail(reading, "process.user.additionalGids[%zu]: expected a group's number", i);
    }
    if (read_integer(reading, whole, "process.user.umask", 0, 0777, UMASK) != UMASK)
        reading_fail(reading, "process.user.umask: a VM's program starts with 0022, which it can "
                              "change itself");
}

static void read_rlimits(struct config *config, struct reading *reading, const struct place *whole)
{
    config->rlimits = read_array(reading, whole, "process.rlimits", LIMITS_MAX);
    for (size_t i = 0; config->rlimits && i < json_object_array_length(config->rlimits); i++) {
        const struct place limit =
            read_place(reading, whole, "process.rlimits", config->rlimits, i);
        const char *type = read_string(reading, &limit, "type");

        if (!type || strncmp(type, "RLIMIT_", strlen("RLIMIT_")) != 0)
            reading_fail(reading, "%s.type: expected RLIMIT_ and a name", limit.name);
        read_integer(reading, &limit, "soft", 0, INT64_MAX, 0);
        read_integer(reading, &limit, "hard", 0, INT64_MAX, 0);
    }
}

static void read_process(struct config *config, struct reading *reading, const struct place *whole)
{
    config->args = read_strings(reading, whole, "process.args");
    config->env = read_strings(reading, whole, "process.env");
    config->cwd = read_string(reading, whole, "process.cwd");
    config->terminal = read_bool(reading, whole, "process.terminal", false);
    config->rows =
        (unsigned)read_integer(reading, whole, "process.consoleSize.height", 0, SIDE_MAX, 0);
    config->columns =
        (unsigned)read_integer(reading, whole, "process.consoleSize.width", 0, SIDE_MAX, 0);
    if (!config->args || !config->args[0])
        reading_fail(reading, "process.args: missing or empty");
    if (!config->cwd || config->cwd[0] != '/')
        reading_fail(reading, "process.cwd: expected an absolute path");
    read_user(config, reading, whole);
    read_rlimits(config, reading, whole);
}

void config_read(struct config *config, struct reading *reading, const char *text, size_t length,
                 unsigned without)
{
    struct place whole = {.name = ""};

    *config = (struct config){.document = read_document(reading, text, length), .without = without};
    whole.object = config->document;
    if (!whole.object)
        return;
    config->version = read_version(reading, &whole);
    read_annotations(config, reading, &whole); /* first: others depend on sparkler.without */
    config->rootfs = read_string(reading, &whole, "root.path");
    config->is_read_only = read_bool(reading, &whole, "root.readonly", false);
    if (!config->rootfs || config->rootfs[0] == '\0')
        reading_fail(reading, "root.path: missing");
    config->hostname = read_string(reading, &whole, "hostname");
    read_process(config, reading, &whole);
    config->hooks = read_object(reading, &whole, "hooks");
    hooks_check(reading, &whole, config->without);
    config_read_mounts(config, reading, &whole);
    config_read_linux(config, reading, &whole);
}

const char *config_annotation(const struct config *config, const char *name)
{
    struct json_object *value;

    if (!config->annotations || !json_object_object_get_ex(config->annotations, name, &value))
        return NULL;
    return json_object_get_string(value);
}

void config_free(struct config *config)
{
    free(config->args);
    free(config->env);
    json_object_put(config->document);
    *config = (struct config){0};
}
