/* Counts the lines of a record, by feed. */
#ifndef SPARKLER_RECORD_SUMMARY_H
#define SPARKLER_RECORD_SUMMARY_H

#include <stdbool.h>

/*
 * Prints a summary of the file in words, or as JSON, in bounded memory whatever its size. A
 * malformed line is named on standard error, and counted. Returns whether there was none. Ends the
 * program by err(3), status 1, if the file cannot be read.
 */
bool record_summary(const char *path, bool as_json);

#endif
