/*
 * What the strings of a feeds file must look like. Each check returns NULL for a good value, else
 * what was expected, in words.
 */
#ifndef SPARKLER_FEED_CHECKS_H
#define SPARKLER_FEED_CHECKS_H

/* 1 to 80 characters, all of which a terminal shows: some get on the log. */
const char *check_words(const char *value);

/* The path of a file below /feeds: printable ASCII, no part of it empty, "." or "..". */
const char *check_file(const char *value);

/* https://HOST[:PORT]/PATH[?QUERY]; "{id}" may stand in the path and the query. */
const char *check_url(const char *value);

/* The same without an "{id}". */
const char *check_lookup_url(const char *value);

/* A credential's name: it becomes a part of LISTEN_FDNAMES. */
const char *check_credential(const char *value);

/* "Name: " and what may stand before the credential: "Authorization: Bearer ". */
const char *check_header(const char *value);

/* "sha256//" and the 44 characters of BASE64 of a SHA-256. */
const char *check_pinned_key(const char *value);

/* Text in which each "{/…" is closed by a '}'. */
const char *check_template(const char *value);

#endif
