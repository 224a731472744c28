/* Lines on the VM's log, and the end of the kernel. */
#include "host.h"
#include "kernel.h"

#define LINE_MAX 400

static void log_arguments(const char *format, va_list arguments)
{
    char line[LINE_MAX + 1];

    vformat(line, sizeof(line), format, arguments);
    host_write(LINUX_LOG, line, strlen(line));
}

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_arguments(format, arguments);
    va_end(arguments);
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_arguments(format, arguments);
    va_end(arguments);
    host_exit(125);
}
