/* Reads JSON values by name: see json.h. */
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LENGTH 64

void reading_fail(struct reading *reading, const char *format, ...)
{
    va_list values;

    if (reading->error[0] != '\0')
        return;
    va_start(values, format);
    vsnprintf(reading->error, sizeof(reading->error), format, values);
    va_end(values);
}

/* Fails with the full name of the value. */
static void mistake(struct reading *reading, const struct place *in, const char *name,
                    const char *what)
{
    reading_fail(reading, "%s%s%s: %s", in->name, in->name[0] != '\0' ? "." : "", name, what);
}

/* Walks down the dotted name. A step that is no object is a mistake. */
static struct json_object *find(struct reading *reading, const struct place *in, const char *name)
{
    struct json_object *object = in->object;
    char key[NAME_MAX_LENGTH];
    const char *rest = name;

    while (object && *rest != '\0') {
        const size_t length = strcspn(rest, ".");

        if (!json_object_is_type(object, json_type_object)) {
            mistake(reading, in, name, "one of the values on the way to it is not an object");
            return NULL;
        }
        snprintf(key, sizeof(key), "%.*s", (int)length, rest);
        if (!json_object_object_get_ex(object, key, &object))
            return NULL;
        rest += length + (rest[length] == '.');
    }
    return object;
}

static struct json_object *find_type(struct reading *reading, const struct place *in,
                                     const char *name, json_type type, const char *expected)
{
    struct json_object *value = find(reading, in, name);

    if (value && !json_object_is_type(value, type)) {
        mistake(reading, in, name, expected);
        return NULL;
    }
    return value;
}

struct json_object *read_object(struct reading *reading, const struct place *in, const char *name)
{
    return find_type(reading, in, name, json_type_object, "expected an object");
}

struct json_object *read_array(struct reading *reading, const struct place *in, const char *name,
                               size_t most)
{
    struct json_object *array = find_type(reading, in, name, json_type_array, "expected an array");

    if (array && json_object_array_length(array) > most) {
        char what[64];

        snprintf(what, sizeof(what), "has %zu elements; at most %zu are accepted",
                 json_object_array_length(array), most);
        mistake(reading, in, name, what);
        return NULL;
    }
    return array;
}

static const char *string_of(struct reading *reading, const struct place *in, const char *name,
                             struct json_object *value)
{
    const char *string = json_object_get_string(value);

    if (strlen(string) == (size_t)json_object_get_string_len(value))
        return string;
    mistake(reading, in, name, "has a NUL byte inside");
    return NULL;
}

const char *read_string(struct reading *reading, const struct place *in, const char *name)
{
    struct json_object *value = find_type(reading, in, name, json_type_string, "expected a string");

    return value ? string_of(reading, in, name, value) : NULL;
}

int64_t read_integer(struct reading *reading, const struct place *in, const char *name,
                     int64_t least, int64_t most, int64_t otherwise)
{
    struct json_object *value =
        find_type(reading, in, name, json_type_int, "expected a whole number");
    int64_t number = value ? json_object_get_int64(value) : otherwise;

    if (value && (number < least || number > most)) {
        char what[96];

        snprintf(what, sizeof(what), "expected a number from %lld to %lld", (long long)least,
                 (long long)most);
        mistake(reading, in, name, what);
        return otherwise;
    }
    return number;
}

bool read_bool(struct reading *reading, const struct place *in, const char *name, bool otherwise)
{
    struct json_object *value =
        find_type(reading, in, name, json_type_boolean, "expected true or false");

    return value ? json_object_get_boolean(value) : otherwise;
}

const char *read_element(struct reading *reading, const struct place *in, const char *name,
                         struct json_object *array, size_t i)
{
    struct json_object *value = json_object_array_get_idx(array, i);
    char element[NAME_MAX_LENGTH + 16];

    snprintf(element, sizeof(element), "%s[%zu]", name, i);
    if (!json_object_is_type(value, json_type_string)) {
        mistake(reading, in, element, "expected a string");
        return NULL;
    }
    return string_of(reading, in, element, value);
}

struct place read_place(struct reading *reading, const struct place *in, const char *name,
                        struct json_object *array, size_t i)
{
    struct place place = {.object = json_object_array_get_idx(array, i)};

    snprintf(place.name, sizeof(place.name), "%.20s%s%.32s[%zu]", in->name,
             in->name[0] != '\0' ? "." : "", name, i);
    if (!json_object_is_type(place.object, json_type_object)) {
        reading_fail(reading, "%s: expected an object", place.name);
        place.object = NULL;
    }
    return place;
}

struct json_object *read_document(struct reading *reading, const char *text, size_t length)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *document;
    size_t end;

    if (!tokener) {
        reading_fail(reading, "out of memory");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    document = json_tokener_parse_ex(tokener, text, (int)length);
    end = json_tokener_get_parse_end(tokener);
    while (document && end < length && strchr(" \t\r\n", text[end]) && text[end] != '\0')
        end++;
    if (!document && json_tokener_get_error(tokener) == json_tokener_continue)
        reading_fail(reading, "not JSON: it is cut short after byte %zu", end);
    else if (!document)
        reading_fail(reading, "not JSON: %s at byte %zu",
                     json_tokener_error_desc(json_tokener_get_error(tokener)), end);
    else if (end < length)
        reading_fail(reading, "the JSON document has ended, and more follows at byte %zu", end);
    else if (!json_object_is_type(document, json_type_object))
        reading_fail(reading, "expected a JSON object");
    json_tokener_free(tokener);
    if (reading->error[0] == '\0')
        return document;
    json_object_put(document);
    return NULL;
}
