/* "method", "headers" and "body", and what they need of the feed's other keys: see feed_question.h.
 */
#include "feed_question.h"

#include "argument.h"
#include "feed_checks.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 16

bool question_read_method(const struct definition *definition, struct json_object *value,
                          bool *is_post)
{
    const char *method = definition_is_string(value) ? json_object_get_string(value) : "";

    *is_post = strcmp(method, "POST") == 0;
    return *is_post || strcmp(method, "GET") == 0 ||
           refuse(definition->fault, value, "method", "\"GET\" or \"POST\"");
}

static bool read_header(const struct definition *definition, const char *name,
                        struct json_object *value, char **header)
{
    const char *expected = check_header_name(name);
    char *string;

    if (expected)
        return refuse(definition->fault, value, name, "%s", expected);
    if (!definition_is_string(value))
        return refuse(definition->fault, value, name, "a string");
    string = definition_expanded(definition, value, name);
    if (!string)
        return false;
    if (asprintf(header, "%s: %s", name, string) < 0)
        err(1, "cannot read the feeds file");
    free(string);
    expected = check_header_value(*header + strlen(name) + 2);
    return !expected || refuse(definition->fault, value, name, "%s", expected);
}

/* True if two header lines have the same name. */
static bool same_header(const char *a, const char *b)
{
    const size_t length = strcspn(a, ":");

    return strcspn(b, ":") == length && strncasecmp(a, b, length) == 0;
}

bool question_read_headers(const struct definition *definition, struct json_object *value,
                           char ***member)
{
    size_t count = 0;
    char **headers;

    if (!json_object_is_type(value, json_type_object) ||
        json_object_object_length(value) > HEADERS_MAX)
        return refuse(definition->fault, value, "headers",
                      "an object with at most %d headers, {\"Accept\": \"text/plain\"}",
                      HEADERS_MAX);
    headers = *member = calloc(HEADERS_MAX + 1, sizeof(*headers));
    if (!headers)
        err(1, "cannot read the feeds file");
    json_object_object_foreach(value, name, string)
    {
        if (!read_header(definition, name, string, &headers[count]))
            return false;
        for (size_t i = 0; i < count; i++)
            if (same_header(headers[i], headers[count]))
                return refuse(definition->fault, string, name, "each header once");
        count++;
    }
    return true;
}

static struct json_object *expand_json(const struct definition *definition,
                                       struct json_object *value);

static struct json_object *expand_object(const struct definition *definition,
                                         struct json_object *object)
{
    struct json_object *copy = json_object_new_object();

    json_object_object_foreach(object, name, member)
    {
        struct json_object *expanded;

        if (strstr(name, "{argument}"))
            refuse(definition->fault, member, "body", "\"{argument}\" in a string, not in a name");
        expanded = strstr(name, "{argument}") ? NULL : expand_json(definition, member);
        if (!expanded) {
            json_object_put(copy);
            return NULL;
        }
        json_object_object_add(copy, name, expanded);
    }
    return copy;
}

static struct json_object *expand_array(const struct definition *definition,
                                        struct json_object *array)
{
    struct json_object *copy = json_object_new_array();

    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *expanded = expand_json(definition, json_object_array_get_idx(array, i));

        if (!expanded) {
            json_object_put(copy);
            return NULL;
        }
        json_object_array_add(copy, expanded);
    }
    return copy;
}

/* A number as short as it can be written without being another one. */
static struct json_object *copy_double(double number)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return json_object_new_double_s(number, text);
}

/* A copy in which the port's values have taken the place of each "{word}"; NULL, with a fault. */
static struct json_object *expand_json(const struct definition *definition,
                                       struct json_object *value)
{
    struct json_object *copy;
    char *string;

    switch (json_object_get_type(value)) {
    case json_type_object:
        return expand_object(definition, value);
    case json_type_array:
        return expand_array(definition, value);
    case json_type_string:
        if (!definition_is_string(value)) {
            refuse(definition->fault, value, "body", "strings without a NUL");
            return NULL;
        }
        string = definition_expanded(definition, value, "body");
        copy = string ? json_object_new_string(string) : NULL;
        free(string);
        return copy;
    case json_type_double:
        if (isfinite(json_object_get_double(value)))
            return copy_double(json_object_get_double(value));
        refuse(definition->fault, value, "body", "finite numbers");
        return NULL;
    default: /* a number or a flag; null was refused before */
        return json_object_get(value);
    }
}

bool question_read_body(const struct definition *definition, struct json_object *value, char **body)
{
    struct json_object *copy;
    const char *json;

    if (!json_object_is_type(value, json_type_object))
        return refuse(definition->fault, value, "body", "an object, which is sent as JSON");
    copy = expand_json(definition, value);
    if (!copy)
        return false;
    json = json_object_to_json_string_ext(copy, JSON_C_TO_STRING_NOSLASHESCAPE);
    *body = json ? strdup(json) : NULL;
    if (!*body)
        err(1, "cannot read the feeds file");
    json_object_put(copy);
    return !strstr(*body, "{id}") ||
           refuse(definition->fault, value, "body", "no \"{id}\": only a url takes one");
}

/* A constant header must not be the one that carries the credential, too. */
static bool check_headers(const struct definition *definition, const struct feed *feed)
{
    for (char **header = feed->headers; header && *header && feed->header; header++)
        if (same_header(*header, feed->header))
            return refuse(definition->fault, definition_get(definition->object, "headers"),
                          "headers", "not the \"header\" of the credential among them");
    return true;
}

bool question_check(const struct definition *definition, struct feed *feed)
{
    struct json_object *object = definition->object;

    if (feed->is_post && !feed->body)
        return refuse(definition->fault, object, "body", "with \"POST\", but it is missing");
    if (!feed->is_post && feed->body)
        return refuse(definition->fault, definition_get(object, "body"), "body",
                      "nothing: only a \"POST\" has one");
    if (!feed->is_post && feed->ttl_seconds == 0)
        return refuse(definition->fault, definition_get(object, "ttl_seconds"), "ttl_seconds",
                      "at least 1: only a \"POST\" may be sent each time");
    return check_headers(definition, feed) && question_check_argument(definition, feed);
}

void question_free(struct feed *feed)
{
    for (char **header = feed->headers; header && *header; header++)
        free(*header);
    free(feed->headers);
    free(feed->body);
    argument_free(feed->argument);
}
