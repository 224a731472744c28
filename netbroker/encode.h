/* Puts an argument into its place in a request, encoded so that it cannot leave it. Pure functions.
 * Each returns a new string, and ends the program by err(3) without memory. */
#ifndef SPARKLER_ENCODE_H
#define SPARKLER_ENCODE_H

#include <stddef.h>

/* Bytes as a part of a path or a value of a query (RFC 3986): all but the unreserved ones, A-Z a-z
 * 0-9 '-' '.' '_' '~', become "%XX". */
char *encode_percent(const char *bytes, size_t length);

/* UTF-8 as the inside of a JSON string. */
char *encode_json(const char *utf8, size_t length);

/* A copy of `pattern` with `value` in the place of the first `mark`, if there is one. */
char *encode_fill(const char *pattern, const char *mark, const char *value);

#endif
