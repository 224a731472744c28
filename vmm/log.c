/* The log: whole lines, each with a single write(2). */
#include "log.h"

#include "policy/fds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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
    line[length++] = '\n'; /* in the place of the NUL */
    if (write(FD_LOG, line, length) < 0)
        return;
}
