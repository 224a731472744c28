/*
 * Text for a guest: printable ASCII and '\n', bounded, NUL-terminated, whatever a stranger sent.
 * What comes from strangers reaches the guest only through these functions.
 */
#ifndef SPARKLER_TEXT_H
#define SPARKLER_TEXT_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX     8192u /* bytes of a usual text, including the NUL at its end */
#define TEXT_COLUMNS 512u  /* in a line of a usual text; the rest is cut */
#define TEXT_LINES   200u

/* data[length] is NUL, and length at most size - 1. A text of more than TEXT_MAX bytes is for a
 * program, not for a terminal: its lines may be of any length and number. */
struct text {
    size_t length, size;
    char *data;
};

/* What a usual text starts out as; it lives as long as the block that it is in. */
#define TEXT_EMPTY                                                                                 \
    {                                                                                              \
        .size = TEXT_MAX, .data = (char[TEXT_MAX])                                                 \
        {                                                                                          \
            ""                                                                                     \
        }                                                                                          \
    }

void text_clear(struct text *text);

/* Appends as printf(3), cleaned as by text_append_clean(); at most TEXT_MAX - 1 bytes. */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Appends `length` bytes of UTF-8 (NUL included), cleaned for a terminal. U+0020 to U+007E and '\n'
 * stay; a tab becomes spaces up to the next column of 8; control, bidirectional and zero-width
 * characters are dropped; known characters are spelled in ASCII (the degree sign as "deg", micro as
 * "u"); all others and invalid UTF-8 become '?'. Long lines, many lines and long texts are cut.
 */
void text_append_clean(struct text *text, const char *utf8, size_t length);

#define TEXT_INVALID UINT32_MAX

/* Decodes the code point at the start of at least one byte, or TEXT_INVALID. Returns the bytes
 * taken. */
size_t text_decode(const char *bytes, size_t length, uint32_t *code);

/* True if the bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong form, no surrogate.
 */
bool text_is_utf8(const char *bytes, size_t length);

/* True if a terminal shows all of the UTF-8 on one line: no control character, newline,
 * bidirectional, zero-width or other invisible character. */
bool text_is_visible(const char *utf8);

/*
 * Appends HTML (a Mastodon status; html.c) as clean text: tags are dropped, <br> and </p> become
 * newlines, entities are decoded before cleaning, newlines at the end are dropped.
 */
void text_append_html(struct text *text, const char *html, size_t length);

#endif
