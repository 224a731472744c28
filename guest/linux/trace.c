/* Lines about system calls, as strace(1) has them. They go to standard error: the log has a limit.
 */
#include "trace.h"

#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "process.h"

#include <asm/errno.h>

#define STRING_SHOWN 64

static void append(struct trace *trace, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct trace *trace, const char *form, ...)
{
    const size_t left = sizeof(trace->text) - (size_t)trace->length;
    va_list arguments;

    va_start(arguments, form);
    int length = vformat(trace->text + trace->length, left, form, arguments);
    va_end(arguments);
    trace->length += length < (int)left ? length : (int)left - 1;
}

static void append_string(struct trace *trace, const char *user)
{
    char text[STRING_SHOWN];
    long size = string_from_user(text, user, sizeof(text));

    if (size == -EFAULT) {
        append(trace, "%p", (const void *)user);
        return;
    }
    const char *more = size < 0 ? "..." : "";
    if (size < 0)
        size = sizeof(text);
    for (long i = 0; i < size; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '.';
    append(trace, "\"%.*s\"%s", (int)size, text, more);
}

static void append_argument(struct trace *trace, char kind, uint64_t value)
{
    switch (kind) {
    case 's':
        append_string(trace, (const char *)value);
        break;
    case 'd':
        append(trace, "%d", (int)value);
        break;
    case 'u':
        append(trace, "%lu", value);
        break;
    default:
        append(trace, "0x%lx", value);
    }
}

void trace_call(struct trace *trace, const char *name, const char *kinds,
                const struct registers *registers)
{
    const uint64_t arguments[] = {registers->rdi, registers->rsi, registers->rdx,
                                  registers->r10, registers->r8,  registers->r9};

    trace->length = 0;
    append(trace, "[%d] %s(", current->id, name);
    for (size_t i = 0; kinds[i] != '\0' && i < ARRAY_SIZE(arguments); i++) {
        if (i > 0)
            append(trace, ", ");
        append_argument(trace, kinds[i], arguments[i]);
    }
}

void trace_result(struct trace *trace, long result)
{
    append(trace, result >= -4095 && result < 0x100000 ? ") = %ld\n" : ") = 0x%lx\n", result);
    host_write(LINUX_ERROR, trace->text, (size_t)trace->length);
}

void trace_no_result(struct trace *trace)
{
    append(trace, ") = ?\n");
    host_write(LINUX_ERROR, trace->text, (size_t)trace->length);
}
