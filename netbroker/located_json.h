/* JSON with the line number of each value, so that a message can name the line of a fault. */
#ifndef SPARKLER_LOCATED_JSON_H
#define SPARKLER_LOCATED_JSON_H

#include "text.h"

#include <json-c/json.h>

/*
 * Parses a whole file: UTF-8, at most 16 levels deep, no duplicate keys, no null. Returns NULL and
 * appends "line N: …" to `fault` if it is anything else. Free the result with json_object_put().
 */
struct json_object *located_json_parse(const char *json, size_t length, struct text *fault);

/* The line of a value in such a tree: that of its key, or in an array that of the value. */
unsigned located_json_line(const struct json_object *value);

#endif
