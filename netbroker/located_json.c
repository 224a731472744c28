/*
 * json-c keeps no positions. So the text is scanned a second time alongside the parsed tree: both
 * hold the same keys in the same order, and each value gets its line as json-c's user data. Where
 * they differ, json-c has accepted something that is not JSON, or dropped a duplicate key; the
 * program would then see another file than an auditor reads, so the file is refused.
 */
#include "located_json.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 16

struct scan {
    const char *at, *end;
    unsigned line;
};

struct token {
    char kind; /* one of { } [ ], 'k' for a key, 'v' for any other value, '\0' at the end */
    unsigned line;
    const char *start; /* of a key, after its quote */
    size_t length;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct scan *scan)
{
    scan->line += *scan->at == '\n';
    scan->at++;
}

static void skip_spaces(struct scan *scan, char also)
{
    while (scan->at < scan->end && (is_space(*scan->at) || *scan->at == also))
        skip(scan);
}

static void skip_string(struct scan *scan)
{
    skip(scan);
    while (scan->at < scan->end && *scan->at != '"') {
        if (*scan->at == '\\' && scan->at + 1 < scan->end)
            skip(scan);
        skip(scan);
    }
    if (scan->at < scan->end)
        skip(scan);
}

static bool ends_scalar(char c)
{
    return is_space(c) || memchr(",:{}[]\"", c, 7);
}

static struct token next_token(struct scan *scan)
{
    skip_spaces(scan, ',');
    struct token token = {.kind = 'v', .line = scan->line, .start = scan->at};

    if (scan->at == scan->end) {
        token.kind = '\0';
    } else if (memchr("{}[]", *scan->at, 4)) {
        token.kind = *scan->at;
        skip(scan);
    } else if (*scan->at == '"') {
        skip_string(scan);
        token.start++;
        token.length = (size_t)(scan->at - token.start) - 1;
        skip_spaces(scan, ' ');
        if (scan->at < scan->end && *scan->at == ':') {
            token.kind = 'k';
            skip(scan);
        }
    } else {
        do
            skip(scan);
        while (scan->at < scan->end && !ends_scalar(*scan->at));
    }
    return token;
}

static bool refuse(struct text *fault, unsigned line, const char *what)
{
    text_printf(fault, "line %u: %s", line, what);
    return false;
}

static bool note_value(struct scan *scan, struct json_object *value, unsigned line,
                       struct text *fault);

static bool note_members(struct scan *scan, struct json_object *object, struct text *fault)
{
    json_object_object_foreach(object, name, member)
    {
        struct token key = next_token(scan);

        if (key.kind != 'k' || key.length != strlen(name) ||
            memcmp(key.start, name, key.length) != 0)
            return refuse(fault, key.line, "expected each key once, in plain double quotes");
        if (!note_value(scan, member, key.line, fault))
            return false;
    }
    struct token last = next_token(scan);
    if (last.kind != '}')
        return refuse(fault, last.line, "expected each key once, in plain double quotes");
    return true;
}

static bool note_elements(struct scan *scan, struct json_object *array, struct text *fault)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        skip_spaces(scan, ',');
        if (!note_value(scan, json_object_array_get_idx(array, i), scan->line, fault))
            return false;
    }
    struct token last = next_token(scan);
    return last.kind == ']' || refuse(fault, last.line, "expected the end of the list");
}

static bool note_value(struct scan *scan, struct json_object *value, unsigned line,
                       struct text *fault)
{
    if (!value)
        return refuse(fault, line, "expected a value, not null");
    json_object_set_serializer(value, NULL, (void *)(uintptr_t)line, NULL);

    struct token token = next_token(scan);
    if (json_object_is_type(value, json_type_object))
        return token.kind == '{' ? note_members(scan, value, fault)
                                 : refuse(fault, token.line, "expected '{'");
    if (json_object_is_type(value, json_type_array))
        return token.kind == '[' ? note_elements(scan, value, fault)
                                 : refuse(fault, token.line, "expected '['");
    return token.kind == 'v' || refuse(fault, token.line, "expected a value");
}

static unsigned line_at(const char *json, size_t offset)
{
    unsigned line = 1;

    for (size_t i = 0; i < offset; i++)
        line += json[i] == '\n';
    return line;
}

/* Parses with json-c only; the scan then checks what json-c lets pass. */
static struct json_object *parse(const char *json, size_t length, struct text *fault)
{
    struct json_tokener *tokener = length <= INT_MAX ? json_tokener_new_ex(DEPTH_MAX) : NULL;

    if (!tokener) {
        text_printf(fault, "line 1: the file is too large");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *root = json_tokener_parse_ex(tokener, json, (int)length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);

    if (error == json_tokener_continue)
        text_printf(fault, "line %u: the file is cut short", line_at(json, end));
    else if (error != json_tokener_success)
        text_printf(fault, "line %u: %s", line_at(json, end), json_tokener_error_desc(error));
    else if (!root)
        text_printf(fault, "line 1: expected an object, not null");
    return root;
}

struct json_object *located_json_parse(const char *json, size_t length, struct text *fault)
{
    struct scan scan = {.at = json, .end = json + length, .line = 1};

    if (!text_is_utf8(json, length) || memchr(json, '\0', length)) {
        text_printf(fault, "line 1: the file is not UTF-8 text");
        return NULL;
    }
    struct json_object *root = parse(json, length, fault);
    if (!root)
        return NULL;
    if (note_value(&scan, root, 1, fault) &&
        (next_token(&scan).kind == '\0' ||
         refuse(fault, scan.line, "expected the end of the file")))
        return root;
    json_object_put(root);
    return NULL;
}

unsigned located_json_line(const struct json_object *value)
{
    return (unsigned)(uintptr_t)json_object_get_userdata((struct json_object *)value);
}
