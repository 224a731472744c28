/* JSON in ASCII: a terminal could obey, hide or reorder other characters of a stranger's. */
#ifndef SPARKLER_POLICY_JSON_H
#define SPARKLER_POLICY_JSON_H

#include <json-c/json.h>

/* JSON text with \u in place of each character that is not printable ASCII; to be freed. */
char *json_ascii(const char *json);

/* Prints the value so, on lines of its own, and releases it. */
void json_print(struct json_object *value);

#endif
