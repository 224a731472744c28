/* One feed in the feeds file: see definition.h. */
#include "definition.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool refuse(struct text *fault, const struct json_object *value, const char *key,
            const char *format, ...)
{
    char words[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    text_printf(fault, "line %u, \"%.40s\": expected %s", located_json_line(value), key, words);
    return false;
}

struct json_object *definition_get(struct json_object *object, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

bool definition_is_string(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

/* True if "{name}" is replaced later. */
static bool is_left(const char *name, const char *key)
{
    if (strcmp(name, "argument") == 0)
        return strcmp(key, "url") == 0 || strcmp(key, "body") == 0;
    return strcmp(name, "id") == 0;
}

bool definition_expand(const struct definition *definition, const struct json_object *value,
                       const char *key, const char *pattern, FILE *out)
{
    while (*pattern != '\0') {
        char name[33];
        int length = 0;

        if (sscanf(pattern, "{%32[a-z_]}%n", name, &length) != 1 || length == 0) {
            if (pattern[0] == '{' && pattern[1] != '/')
                return refuse(definition->fault, value, key,
                              "{word}, {id} or {/pointer} after '{'");
            fputc(*pattern++, out);
            continue;
        }
        struct json_object *replacement = definition_get(definition->values, name);
        if (!replacement && strcmp(name, "argument") == 0 && !is_left(name, key))
            return refuse(definition->fault, value, key,
                          "no \"{argument}\": its place is in \"url\" or \"body\"");
        if (!replacement && !is_left(name, key))
            return refuse(definition->fault, value, key,
                          "\"%s\" among the values of the port on line %u", name,
                          located_json_line(definition->values));
        if (replacement)
            fputs(json_object_get_string(replacement), out);
        else
            fwrite(pattern, 1, (size_t)length, out);
        pattern += length;
    }
    return true;
}

char *definition_expanded(const struct definition *definition, struct json_object *value,
                          const char *key)
{
    char *string = NULL;
    size_t length;
    FILE *out = open_memstream(&string, &length);

    if (!out)
        err(1, "cannot read the feeds file");
    bool success = definition_expand(definition, value, key, json_object_get_string(value), out);
    if (fclose(out) != 0)
        err(1, "cannot read the feeds file");
    if (success)
        return string;
    free(string);
    return NULL;
}
