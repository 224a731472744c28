/*
 * Any JSON, shown by the feed's template, in which "{/a/b}" stands for the value at that JSON
 * pointer (RFC 6901). Most new feeds need no C.
 */
#include "formats.h"

#include <math.h>
#include <string.h>

static bool append_value(const struct body *body, struct text *text, const char *pointer,
                         struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        body_append(text, value);
        return true;
    case json_type_int:
        text_printf(text, "%lld", (long long)json_object_get_int64(value));
        return true;
    case json_type_double:
        if (!isfinite(json_object_get_double(value)))
            return body_refuse(body, "the value at \"%.100s\" is not finite", pointer);
        text_printf(text, "%.10g", json_object_get_double(value));
        return true;
    case json_type_boolean:
        text_printf(text, "%s", json_object_get_boolean(value) ? "true" : "false");
        return true;
    case json_type_null:
        text_printf(text, "unknown");
        return true;
    case json_type_object:
    case json_type_array:
        break;
    }
    return body_refuse(body, "the value at \"%.100s\" is not a single value", pointer);
}

/* Appends the value at the pointer of `length` bytes at the start of the template. */
static bool append_pointer(const struct body *body, struct text *text, struct json_object *json,
                           const char *template, size_t length)
{
    char pointer[256];
    struct json_object *value;

    if (length >= sizeof(pointer))
        return body_refuse(body, "the template has a pointer that is too long");
    memcpy(pointer, template, length);
    pointer[length] = '\0';
    if (json_pointer_get(json, pointer, &value) != 0)
        return body_refuse(body, "the answer holds nothing at \"%.100s\"", pointer);
    return append_value(body, text, pointer, value);
}

static bool fill_template(const struct body *body, struct text *text)
{
    BODY_AUTO struct json_object *json = body_json(body);
    const char *template = body->feed->template;

    if (!json)
        return false;
    for (;;) {
        const char *open = strstr(template, "{/");
        const char *close = open ? strchr(open, '}') : NULL;

        if (!close)
            break;
        text_append_clean(text, template, (size_t)(open - template));
        if (!append_pointer(body, text, json, open + 1, (size_t)(close - open) - 1))
            return false;
        template = close + 1;
    }
    text_append_clean(text, template, strlen(template));
    return true;
}

const struct format format_json = {
    .name = "json",
    .needs_template = true,
    .text = fill_template,
};
