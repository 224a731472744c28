/* The property of every text for a guest, whatever the input. */
#ifndef SPARKLER_FUZZ_CLEAN_H
#define SPARKLER_FUZZ_CLEAN_H

#include "netbroker/text.h"

#include <stdio.h>
#include <stdlib.h>

static inline void must(bool claim, const char *what)
{
    if (claim)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* Printable, bounded in bytes, lines and columns, and NUL-terminated. */
static inline void must_be_clean(const struct text *text)
{
    size_t column = 0, lines = 0;

    must(text->length < text->size, "a text is bounded");
    must(text->data[text->length] == '\0', "a text ends with NUL");
    for (size_t i = 0; i < text->length; i++) {
        const char c = text->data[i];

        must(c == '\n' || (c >= 0x20 && c <= 0x7e), "a text is printable");
        lines += c == '\n';
        column = c == '\n' ? 0 : column + 1;
        must(text->size > TEXT_MAX || (column <= TEXT_COLUMNS && lines <= TEXT_LINES),
             "lines are bounded");
    }
}

#endif
