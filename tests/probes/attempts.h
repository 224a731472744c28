/* What a program that was taken over might try from inside its jail. */
#ifndef SPARKLER_ATTEMPTS_H
#define SPARKLER_ATTEMPTS_H

#include <limits.h>

#define NUMBER LONG_MIN /* as an argument: a number that the test chose, like a pid outside */

/* A system call, or a function where one call is not enough. */
struct attempt {
    const char *name;
    long call, arguments[6];
    long (*function)(void); /* -1 with errno set if it was refused */
};

extern long attempt_number; /* what NUMBER stands for, for a function */

/* Ends with a NULL name. A request for port N asks the probe in the broker's place for the Nth. */
extern const struct attempt attempts[];

#endif
