/*
 * Text that a guest may see: printable ASCII and '\n', bounded, ended by NUL, whatever a stranger
 * sent. Nothing reaches a wire_reply but through here.
 */
#ifndef SPARKLER_TEXT_H
#define SPARKLER_TEXT_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_COLUMNS 512u /* characters of a line; what is beyond is cut */
#define TEXT_LINES   200u

/* data[length] is NUL; length is at most WIRE_TEXT_MAX - 1. Start from {0}. */
struct text {
    size_t length;
    char data[WIRE_TEXT_MAX];
};

/*
 * Appends as printf(3) does, cleaned as by text_append_clean(). One call makes at most
 * WIRE_TEXT_MAX - 1 bytes.
 */
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Appends `length` bytes of UTF-8 (which may hold NUL), cleaned for a terminal: U+0020..7E and
 * '\n' stay, a tab becomes spaces up to the next column of 8, the degree sign "deg", micro and mu
 * "u", controls, C1, bidi and zero-width characters go, known letters are transliterated, all else
 * and invalid UTF-8 becomes
 * '?'. The length of a line and the number of lines are capped; what does not fit is cut.
 */
void text_append_clean(struct text *text, const char *utf8, size_t length);

/* True if the bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong form, no surrogate.
 */
bool text_is_utf8(const char *bytes, size_t length);

/* True if a terminal would show all of the UTF-8 on one line: no control, C1 and line end among
 * them, no bidi, zero-width or other invisible character. */
bool text_is_visible(const char *utf8);

/*
 * Appends HTML (a Mastodon status) as clean text: tags dropped, <br> and </p> become line ends,
 * entities decoded before the cleaning, line ends at the end dropped.
 */
void text_append_html(struct text *text, const char *html, size_t length);

#endif
