/* The log: each line is a single write(2). */
#include "log.h"

#include "policy/fds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

void log_line(const char *format, ...)
{
    static const char prefix[] = "sparkler-vmm: ";
    const size_t start = sizeof(prefix) - 1;
    char line[LINE_MAX_BYTES];
    va_list arguments;

    memcpy(line, prefix, start);
    va_start(arguments, format);
    vsnprintf(line + start, sizeof(line) - start, format, arguments);
    va_end(arguments);

    size_t length = strlen(line);
    line[length++] = '\n'; /* replaces the NUL */
    if (write(FD_LOG, line, length) < 0)
        return;
}

void log_timing(const char *phase)
{
    const char *start = getenv("TIMING_START");
    struct timespec now;

    if (!start || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return;
    log_line("timing: %lld us  %s", (now.tv_sec * 1000000000LL + now.tv_nsec - atoll(start)) / 1000,
             phase);
}
