/* Files that are read and written as a whole. */
#ifndef SPARKLER_OCI_FILE_H
#define SPARKLER_OCI_FILE_H

#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The bytes of a regular file, with a NUL behind them, in memory of its own; NULL, with errno, if
 * it cannot be read, EFBIG if it has more than `most` bytes. A link is not followed. */
char *read_file_at(int directory, const char *name, size_t most, size_t *length);

/* The end of a log, whole lines without the last newline; "" if there is none. */
#define LAST_WORDS 2048
void last_words(int fd, char words[LAST_WORDS]);

/* Writes all of it. False, with errno, if it cannot. */
bool write_all(int fd, const void *bytes, size_t length);

/* Replaces the file by one of these bytes, all or nothing. False, with errno, if it cannot. */
bool write_file_at(int directory, const char *name, const char *text, size_t length, mode_t mode);

/* Makes a directory and those above it. Ends the program if it cannot. */
void make_directories(const char *path, mode_t mode);

/* Removes everything but directories from the directory. */
void remove_files(int directory);

#endif
