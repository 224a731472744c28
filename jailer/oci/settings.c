/* The administrator's settings: see settings.h. */
#include "settings.h"

#include "file.h"
#include "jailer/ids.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_MAX 65536

unsigned without_bit(const char *name, size_t length)
{
    static const char *const names[] = {"network", "mounts", "devices", "hooks"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return 1u << i;
    return 0;
}

static void take_settings(struct settings *settings, struct reading *reading, const char *text,
                          size_t length)
{
    struct place whole = {.object = read_document(reading, text, length)};
    struct json_object *without = read_array(reading, &whole, "without", 16);

    for (size_t i = 0; without && i < json_object_array_length(without); i++) {
        const char *name = read_element(reading, &whole, "without", without, i);
        const unsigned bit = name ? without_bit(name, strlen(name)) : 0;

        if (bit == 0)
            reading_fail(reading, "without[%zu]: expected network, mounts, devices or hooks", i);
        settings->without |= bit;
    }
    settings->annotation_paths = read_bool(reading, &whole, "annotation_paths", false);
    json_object_put(whole.object);
}

struct settings settings_read(const char *path)
{
    struct settings settings = {0};
    struct reading reading = {0};
    size_t length;
    char *text = read_file_at(AT_FDCWD, path ? path : SETTINGS_FILE, SETTINGS_MAX, &length);

    if (!text && (path || errno != ENOENT))
        fail_errno("cannot read the settings %s", path ? path : SETTINGS_FILE);
    if (text)
        take_settings(&settings, &reading, text, length);
    free(text);
    if (reading.error[0] != '\0')
        fail("%s: %s", path ? path : SETTINGS_FILE, reading.error);
    settings.annotation_paths |= !ids_is_root();
    return settings;
}

char *settings_file(const struct settings *settings, const char *annotation, const char *value,
                    const char *directory, const char *suffix)
{
    const size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_.-");
    char *path;

    if (settings->annotation_paths && value[0] == '/')
        return strdup(value);
    if (length == 0 || value[length] != '\0' || value[0] == '.')
        fail("annotation %s: %.64s: expected the name of a file in %s%s", annotation, value,
             directory,
             value[0] == '/' ? "; a path only if " SETTINGS_FILE " has \"annotation_paths\": true"
                             : "");
    if (asprintf(&path, "%s/%s%s", directory, value, suffix) < 0)
        fail("out of memory");
    return path;
}
