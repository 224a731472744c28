/*
 * TAP for the unit tests: each is a program of its own that includes this once, calls ok() for
 * each claim, and ends with `return done();`.
 */
#ifndef SPARKLER_TAP_H
#define SPARKLER_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned tap_count, tap_failed;

/* One claim, named as by printf(3). */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool claim, const char *format, ...)
{
    va_list arguments;

    tap_count++;
    tap_failed += !claim;
    printf("%sok %u - ", claim ? "" : "not ", tap_count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    return claim;
}

/* The plan; returns the exit status. */
static inline int done(void)
{
    printf("1..%u\n", tap_count);
    return tap_failed == 0 ? 0 : 1;
}

#endif
