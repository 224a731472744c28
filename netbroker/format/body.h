/*
 * The body of an upstream's response, and strict access to the JSON in it. Only the formats include
 * this.
 */
#ifndef SPARKLER_BODY_H
#define SPARKLER_BODY_H

#include "format.h"

#include <json-c/json.h>
#include <stdio.h>

struct body {
    const struct feed *feed;
    const struct lookup *lookup; /* NULL if the feed has none */
    const char *bytes;           /* as the upstream sent them; no NUL at the end */
    size_t length;
    struct text *reason; /* where to say, in words, why the body is refused */
};

/* Appends a reason. Always returns false, for a format to return in turn. */
__attribute__((format(printf, 2, 3))) bool body_refuse(const struct body *body, const char *format,
                                                       ...);

/*
 * Parses the whole body as one JSON value: valid UTF-8, at most 16 levels deep, at most 32768
 * values (which take up to 25 MiB of memory), nothing after it. Returns NULL, with a reason, if it
 * is anything else. Free the result with json_object_put() or BODY_AUTO.
 */
struct json_object *body_json(const struct body *body);

static inline void body_free(struct json_object **json)
{
    json_object_put(*json);
}
#define BODY_AUTO __attribute__((cleanup(body_free)))

/* The member `key`, or NULL if it is missing or not of that type. `object` may be any value, or
 * NULL. */
struct json_object *body_member(struct json_object *object, const char *key, enum json_type type);

/* As body_member(), but refuses the body if the member is missing. */
struct json_object *body_need(const struct body *body, struct json_object *object, const char *key,
                              enum json_type type);

/* The element at `index`, or NULL if it is missing or not of that type. `array` may be any value,
 * or NULL. */
struct json_object *body_element(struct json_object *array, size_t index, enum json_type type);

/* Appends a string, cleaned. NULL appends nothing. */
void body_append(struct text *text, struct json_object *string);

/*
 * Reads a finite number from `low` to `high`; null or a missing value becomes NAN, which a report
 * shows as "unknown". Any other value refuses the body, with a reason that names `what`.
 */
bool body_number(const struct body *body, struct json_object *value, const char *what, double low,
                 double high, double *number);

/* Copies the object's "id" to lookup->id: a number, or a string of letters, digits, '-' and '_'. */
bool body_id(const struct body *body, struct json_object *object, struct lookup *lookup);

#endif
