/*
 * Text for a guest: printable ASCII and '\n', bounded, NUL-terminated, whatever a stranger sent.
 * What comes from strangers reaches the guest only through these functions.
 */
#ifndef SPARKLER_TEXT_H
#define SPARKLER_TEXT_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_COLUMNS 512u /* in a line; the rest is cut */
#define TEXT_LINES   200u

/* data[length] is NUL; length is at most WIRE_TEXT_MAX - 1. Start from {0}. */
struct text {
    size_t length;
    char data[WIRE_TEXT_MAX];
};

/* Appends as printf(3), cleaned as by text_append_clean(); at most WIRE_TEXT_MAX - 1 bytes. */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Appends `length` bytes of UTF-8 (NUL included), cleaned for a terminal. U+0020 to U+007E and '\n'
 * stay; a tab becomes spaces up to the next column of 8; control, bidirectional and zero-width
 * characters are dropped; known characters are spelled in ASCII (the degree sign as "deg", micro as
 * "u"); all others and invalid UTF-8 become '?'. Long lines, many lines and long texts are cut.
 */
void text_append_clean(struct text *text, const char *utf8, size_t length);

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
