/*
 * Strict access to JSON. json-c accepts much that is not JSON, and its getters convert any type to
 * any other. So the body is checked around the parser, each type before its getter, and each number
 * against a range.
 */
#include "body.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define DEPTH_MAX  16
#define VALUES_MAX 32768 /* an empty object is 3 bytes of a body and 800 of memory */

bool body_refuse(const struct body *body, const char *format, ...)
{
    char words[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    text_printf(body->reason, "%s", words);
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * An upper bound of the number of JSON values: each but the first follows one of these characters.
 * Characters in strings count too, so that no trick with quotes can hide a value.
 */
static size_t count_values(const struct body *body)
{
    size_t count = 1;

    for (size_t i = 0; i < body->length; i++)
        count += body->bytes[i] == '[' || body->bytes[i] == '{' || body->bytes[i] == ',';
    return count;
}

struct json_object *body_json(const struct body *body)
{
    if (!text_is_utf8(body->bytes, body->length)) {
        body_refuse(body, "the answer is not UTF-8");
        return NULL;
    }
    if (count_values(body) > VALUES_MAX) {
        body_refuse(body, "the answer holds more than %d values", VALUES_MAX);
        return NULL;
    }
    struct json_tokener *tokener = body->length <= INT_MAX ? json_tokener_new_ex(DEPTH_MAX) : NULL;
    if (!tokener) {
        body_refuse(body, "the answer is too large");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);

    struct json_object *json = json_tokener_parse_ex(tokener, body->bytes, (int)body->length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);

    while (end < body->length && is_space(body->bytes[end]))
        end++;
    if (error == json_tokener_success && json && end == body->length)
        return json;
    if (error == json_tokener_continue)
        body_refuse(body, "the answer is cut short");
    else if (error != json_tokener_success)
        body_refuse(body, "the answer is not JSON: %s", json_tokener_error_desc(error));
    else
        body_refuse(body, "the answer holds more than JSON");
    json_object_put(json);
    return NULL;
}

struct json_object *body_member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *member;

    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &member) || !json_object_is_type(member, type))
        return NULL;
    return member;
}

struct json_object *body_need(const struct body *body, struct json_object *object, const char *key,
                              enum json_type type)
{
    struct json_object *member = body_member(object, key, type);

    if (!member)
        body_refuse(body, "the answer holds no %s \"%s\"", json_type_to_name(type), key);
    return member;
}

struct json_object *body_element(struct json_object *array, size_t index, enum json_type type)
{
    if (!json_object_is_type(array, json_type_array))
        return NULL;
    struct json_object *element = json_object_array_get_idx(array, index);
    return json_object_is_type(element, type) ? element : NULL;
}

void body_append(struct text *text, struct json_object *string)
{
    if (json_object_is_type(string, json_type_string))
        text_append_clean(text, json_object_get_string(string),
                          (size_t)json_object_get_string_len(string));
}

bool body_number(const struct body *body, struct json_object *value, const char *what, double low,
                 double high, double *number)
{
    *number = NAN;
    if (!value)
        return true;
    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
        *number = json_object_get_double(value);
    if (!isfinite(*number) || *number < low || *number > high)
        return body_refuse(body, "%s is not a number from %g to %g", what, low, high);
    return true;
}

bool body_id(const struct body *body, struct json_object *object, struct lookup *lookup)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct json_object *id = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, "id", &id);
    if (!json_object_is_type(id, json_type_string) && !json_object_is_type(id, json_type_int))
        return body_refuse(body, "the answer holds no id");

    const char *string = json_object_get_string(id);
    size_t length = strlen(string);
    if (length == 0 || length >= sizeof(lookup->id) || strspn(string, plain) != length)
        return body_refuse(body, "the answer holds an id that is not plain letters and digits");
    memcpy(lookup->id, string, length + 1);
    return true;
}
