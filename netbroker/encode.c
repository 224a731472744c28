/* An argument in its place: see encode.h. */
#include "encode.h"

#include <err.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static char *need(char *string)
{
    if (!string)
        err(1, "no memory for a request");
    return string;
}

char *encode_percent(const char *bytes, size_t length)
{
    char *encoded = need(malloc(3 * length + 1)), *end = encoded;

    for (size_t i = 0; i < length; i++) {
        if (memchr(unreserved, bytes[i], sizeof(unreserved) - 1))
            *end++ = bytes[i];
        else
            end += sprintf(end, "%%%02X", (unsigned char)bytes[i]);
    }
    *end = '\0';
    return encoded;
}

char *encode_json(const char *utf8, size_t length)
{
    struct json_object *string = json_object_new_string_len(utf8, (int)length);
    const char *json = json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE);
    char *inside = need(json ? strndup(json + 1, strlen(json) - 2) : NULL);

    json_object_put(string);
    return inside;
}

char *encode_fill(const char *pattern, const char *mark, const char *value)
{
    const char *place = strstr(pattern, mark);
    char *filled;

    if (!place)
        return need(strdup(pattern));
    if (asprintf(&filled, "%.*s%s%s", (int)(place - pattern), pattern, value,
                 place + strlen(mark)) < 0)
        err(1, "no memory for a request");
    return filled;
}
