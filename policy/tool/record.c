/* Reads the file of --record: see record.h. Whoever may write to it may have damaged it. */
#include "policy/tool/record.h"

#include <err.h>
#include <math.h>
#include <string.h>

#define LINE_MAX_BYTES 4096 /* jailer/record.h: RECORD_LINE_MAX */

const char *const outcome_names[OUTCOMES] = {"asked", "answered", "cached",
                                             "stale", "denied",   "failed"};

/*
 * Reads up to a newline, without the spaces in front. Returns the length, -1 at the end of the
 * file, or, with a fault, -2.
 */
static int read_bytes(FILE *file, char bytes[LINE_MAX_BYTES], const char **fault)
{
    int length = 0, byte;

    *fault = NULL;
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
        if (byte == ' ' && length == 0)
            continue;
        if (length < LINE_MAX_BYTES)
            bytes[length++] = (char)byte;
        else
            *fault = "it is too long";
    }
    if (byte == EOF && length == 0)
        return -1;
    if (byte == EOF)
        *fault = "it is cut short";
    return *fault ? -2 : length;
}

static struct json_object *get(const struct json_object *json, const char *key, json_type type)
{
    struct json_object *value;

    return json_object_object_get_ex(json, key, &value) && json_object_is_type(value, type) ? value
                                                                                            : NULL;
}

static bool take_string(const struct json_object *json, const char *key, const char **string)
{
    struct json_object *value = get(json, key, json_type_string);

    *string = value ? json_object_get_string(value) : NULL;
    return value;
}

static bool take_count(const struct json_object *json, const char *key, uint64_t *count)
{
    struct json_object *value = get(json, key, json_type_int);

    *count = value ? json_object_get_uint64(value) : 0;
    return value && json_object_get_int64(value) >= 0;
}

/* A number of at least 0; 0 if it is missing. */
static bool take_amount(const struct json_object *json, const char *key, double *amount)
{
    struct json_object *value;

    *amount = 0;
    if (!json_object_object_get_ex(json, key, &value))
        return true;
    if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
        return false;
    *amount = json_object_get_double(value);
    return isfinite(*amount) && *amount >= 0;
}

static bool take_outcome(const struct json_object *json, enum outcome *outcome)
{
    const char *name;

    if (!take_string(json, "outcome", &name))
        return false;
    for (*outcome = 0; *outcome < OUTCOMES; (*outcome)++)
        if (strcmp(name, outcome_names[*outcome]) == 0)
            return true;
    return false;
}

/* The first key that is not as record.h says, or NULL. */
static const char *take_keys(struct record_line *line)
{
    const struct json_object *json = line->json;

    if (!take_string(json, "time", &line->time))
        return "its \"time\" is missing or not a string";
    if (!take_string(json, "feed", &line->feed))
        return "its \"feed\" is missing or not a string";
    if (!take_outcome(json, &line->outcome))
        return "its \"outcome\" is missing or unknown";
    if (!take_count(json, "bytes", &line->bytes))
        return "its \"bytes\" is missing, or not a number";
    if (!take_count(json, "ms", &line->ms))
        return "its \"ms\" is missing, or not a number";
    if (!take_amount(json, "bits", &line->bits))
        return "its \"bits\" is not a number";
    return NULL;
}

static struct json_object *parse(const char *bytes, int length, const char **fault)
{
    struct json_tokener *tokener = json_tokener_new_ex(4);
    struct json_object *json = NULL;

    if (!tokener)
        errx(1, "no memory for a line of the record");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    json = json_tokener_parse_ex(tokener, bytes, length);
    if (!json || json_tokener_get_parse_end(tokener) != (size_t)length ||
        !json_object_is_type(json, json_type_object)) {
        *fault = "it is not a JSON object";
        json_object_put(json);
        json = NULL;
    }
    json_tokener_free(tokener);
    return json;
}

enum record_read record_read(FILE *file, struct record_line *line, const char **fault)
{
    char bytes[LINE_MAX_BYTES];
    const int length = read_bytes(file, bytes, fault);

    *line = (struct record_line){0};
    if (length == -1)
        return RECORD_END;
    if (!*fault)
        line->json = parse(bytes, length, fault);
    if (!*fault)
        *fault = take_keys(line);
    if (!*fault)
        return RECORD_LINE;
    record_line_free(line);
    return RECORD_MALFORMED;
}

void record_line_free(struct record_line *line)
{
    json_object_put(line->json);
    line->json = NULL;
}
