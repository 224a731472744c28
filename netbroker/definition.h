/* The JSON of one feed in the feeds file, and how a message says what is wrong with it. */
#ifndef SPARKLER_DEFINITION_H
#define SPARKLER_DEFINITION_H

#include "located_json.h"

#include <stdbool.h>
#include <stdio.h>

/* One feed as the file defines it, for one of its ports. */
struct definition {
    struct json_object *object; /* an element of "feeds" */
    struct json_object *values; /* those of the port: {"city": "London"} */
    uint16_t entry;             /* its place in the list */
    struct text *fault;
};

/* Appends "line N, "KEY": expected …" to `fault`, where N is the line of `value`. Always returns
 * false, for a reader to return in turn. */
__attribute__((format(printf, 4, 5))) bool refuse(struct text *fault,
                                                  const struct json_object *value, const char *key,
                                                  const char *format, ...);

/* The member `key` of an object, or NULL. */
struct json_object *definition_get(struct json_object *object, const char *key);

/* True for a string without a NUL in it. */
bool definition_is_string(struct json_object *value);

/*
 * Writes `pattern`, which is of `value` under `key`, with each "{word}" replaced by the port's
 * value of that name. "{id}" is left for the lookup to replace, "{/pointer}" for the format, and in
 * "url" and "body" "{argument}" for the question. On failure returns false, with a fault.
 */
bool definition_expand(const struct definition *definition, const struct json_object *value,
                       const char *key, const char *pattern, FILE *out);

/* The same as a new string, or NULL, with a fault. */
char *definition_expanded(const struct definition *definition, struct json_object *value,
                          const char *key);

#endif
