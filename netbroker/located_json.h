/* JSON whose values know the line that they stand on, so that a fault in a file can name it. */
#ifndef SPARKLER_LOCATED_JSON_H
#define SPARKLER_LOCATED_JSON_H

#include "text.h"

#include <json-c/json.h>

/*
 * Parses a whole file: UTF-8, no deeper than 8 levels, no key twice in an object, no null.
 * Returns NULL, and appends "line N: …" to `fault`, when it is anything else. Free the result with
 * json_object_put().
 */
struct json_object *located_json_parse(const char *json, size_t length, struct text *fault);

/* The line of a value that located_json_parse() returned: that of its key, or of the value itself
 * in an array. */
unsigned located_json_line(const struct json_object *value);

#endif
