/*
 * Reads values of a JSON document by their names, such as "process.user.uid". The first mistake is
 * kept and named; what comes after it reads as if it were not there, so that only the end of a
 * document needs a check.
 */
#ifndef SPARKLER_OCI_JSON_H
#define SPARKLER_OCI_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was wrong, or "". */
struct reading {
    char error[512];
};

/* An object in the document, and what messages call it: "" for the whole, or "mounts[3]". */
struct place {
    struct json_object *object;
    char name[64];
};

/* Keeps the message unless there is one already. */
void reading_fail(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The value of this name, if it is of the type; NULL if there is none or it is null. Strings and
 * arrays are not copied, and live as long as the document. A string with a NUL inside is a mistake.
 */
struct json_object *read_object(struct reading *reading, const struct place *in, const char *name);
struct json_object *read_array(struct reading *reading, const struct place *in, const char *name,
                               size_t most);
const char *read_string(struct reading *reading, const struct place *in, const char *name);

/* The number or the truth of this name, or `otherwise`. */
int64_t read_integer(struct reading *reading, const struct place *in, const char *name,
                     int64_t least, int64_t most, int64_t otherwise);
bool read_bool(struct reading *reading, const struct place *in, const char *name, bool otherwise);

/* Element `i` of an array of strings, or of one of objects. */
const char *read_element(struct reading *reading, const struct place *in, const char *name,
                         struct json_object *array, size_t i);
struct place read_place(struct reading *reading, const struct place *in, const char *name,
                        struct json_object *array, size_t i);

/* Reads a document of at most `most` bytes; NULL, and a mistake, if it is none. */
struct json_object *read_document(struct reading *reading, const char *text, size_t length);

#endif
