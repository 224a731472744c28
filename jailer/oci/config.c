/* Reads config.json: see config.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 4096
#define SIDE_MAX 1000 /* rows or columns of a terminal */

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

static void check_version(struct reading *reading, const struct place *whole)
{
    const char *version = read_string(reading, whole, "ociVersion");

    if (!version)
        reading_fail(reading, "ociVersion: missing");
    else if (strncmp(version, "1.", 2) != 0)
        reading_fail(reading, "ociVersion %.32s: only 1.x is supported", version);
}

static void read_annotations(struct config *config, struct reading *reading,
                             const struct place *whole)
{
    config->annotations = read_object(reading, whole, "annotations");
    if (!config->annotations)
        return;
    json_object_object_foreach(config->annotations, key, value)
    {
        if (!json_object_is_type(value, json_type_string) ||
            strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
            reading_fail(reading, "annotations.%.64s: expected a string", key);
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
    if (config->args && !config->args[0])
        reading_fail(reading, "process.args: missing or empty");
    if (!config->cwd || config->cwd[0] != '/')
        reading_fail(reading, "process.cwd: expected an absolute path");
}

void config_read(struct config *config, struct reading *reading, const char *text, size_t length)
{
    struct place whole = {.name = ""};

    *config = (struct config){.document = read_document(reading, text, length)};
    if (!config->document)
        return;
    whole.object = config->document;
    check_version(reading, &whole);
    config->version = read_string(reading, &whole, "ociVersion");
    config->rootfs = read_string(reading, &whole, "root.path");
    config->hostname = read_string(reading, &whole, "hostname");
    read_process(config, reading, &whole);
    read_annotations(config, reading, &whole);
    config->memory =
        read_integer(reading, &whole, "linux.resources.memory.limit", -1, INT64_MAX, 0);
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
