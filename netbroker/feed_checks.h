/*
 * Checks of the strings in a feeds file. Each is a pure function, and returns NULL for a good
 * value, else what was expected, in words.
 */
#ifndef SPARKLER_FEED_CHECKS_H
#define SPARKLER_FEED_CHECKS_H

/* 1 to 80 characters, all visible on a terminal: some are logged. */
const char *check_words(const char *value);

/* A path below /feeds: printable ASCII, no component empty, "." or "..". */
const char *check_file(const char *value);

/* https://HOST[:PORT]/PATH[?QUERY]; "{id}" and "{argument}" may be in the path and in the query. */
const char *check_url(const char *value);

/* The same without an "{id}". */
const char *check_lookup_url(const char *value);

/* The name of a credential, which becomes part of LISTEN_FDNAMES. */
const char *check_credential(const char *value);

/* "Name: " and what precedes the credential: "Authorization: Bearer ". */
const char *check_header(const char *value);

/* The name of a constant header: none that belongs to the broker. */
const char *check_header_name(const char *value);

/* The value of a constant header. */
const char *check_header_value(const char *value);

/* "sha256//" and a SHA-256 in BASE64, 44 characters. */
const char *check_pinned_key(const char *value);

/* Text in which a '}' closes each "{/". */
const char *check_template(const char *value);

#endif
