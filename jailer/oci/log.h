/*
 * Errors, as runc writes them: a line on standard error, and one in the file of --log, which the
 * engine shows to its user.
 */
#ifndef SPARKLER_OCI_LOG_H
#define SPARKLER_OCI_LOG_H

/* Where further messages go. `path` may be NULL; `format` is "text" or "json". */
void log_open(const char *path, const char *format);

/* Logs it and goes on. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs it and ends the program with status 1; the second adds strerror(errno). */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
