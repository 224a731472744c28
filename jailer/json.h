/* JSON text in a buffer of fixed size, printable ASCII only, whatever the bytes are. */
#ifndef SPARKLER_JSON_H
#define SPARKLER_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* `text` holds `length` bytes, and a NUL behind them if anything was printed last. */
struct json {
    char *text;
    size_t size, length;
};

/* Appends what printf(3) makes of it: numbers, names, punctuation. It must fit. */
void json_printf(struct json *json, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Appends `length` bytes as a string, in at most `room` bytes and its two quotes. A character
 * beyond ASCII becomes its \u escapes. A byte that is not UTF-8 becomes \udc80 to \udcff, half a
 * surrogate pair, which UTF-8 never is: Python's "surrogateescape" turns it back into the byte.
 * Returns false if only the beginning fits.
 */
bool json_string(struct json *json, const char *bytes, size_t length, size_t room);

#endif
