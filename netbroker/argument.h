/*
 * The argument of a question: which ones a feed allows, and how much the choice of one can tell the
 * world. Pure functions.
 */
#ifndef SPARKLER_ARGUMENT_H
#define SPARKLER_ARGUMENT_H

#include "text.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum argument_place { ARGUMENT_IN_PATH, ARGUMENT_IN_QUERY, ARGUMENT_IN_BODY };

/* Either one of a list of values, or `least` to `most` of a set of characters. All is visible UTF-8
 * (text_is_visible), and the longest has WIRE_ARGUMENT_MAX bytes. */
struct argument {
    enum argument_place place;
    size_t value_count; /* 0 if it is made of characters */
    char **value;       /* each once */
    size_t character_count;
    uint32_t *character; /* code points, each once, in ascending order */
    unsigned least, most;
    uint32_t millibits; /* argument_cost() */
    char *words;        /* "1 to 40 of: letters, digits, '-'"; printable ASCII, at most 200 bytes */
};

/* log2 of the number of possible arguments, in thousandths of a bit, rounded up: what one asking
 * can tell. */
uint32_t argument_cost(const struct argument *argument);

/*
 * True if the bytes are an argument of this grammar; else appends to `rule` which rule they break:
 * "the argument has 41 characters; it must have 1 to 40".
 */
bool argument_fits(const struct argument *argument, const char *bytes, size_t length,
                   struct text *rule);

/* True if no server can take the bytes, as a part of a path, for a way to another directory: none
 * of its names between '/', '\' and ';' is made of dots only. */
bool argument_is_path(const char *bytes, size_t length);

/* NULL is allowed. */
void argument_free(struct argument *argument);

#endif
