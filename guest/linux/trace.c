/* Lines about system calls, as strace(1) has them. They go to standard error: the log has a limit.
 */
#include "trace.h"

#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "process.h"

#include <asm/errno.h>

#define STRING_SHOWN 64

static char line[512];
static int length;

static void append_string(const char *user)
{
    char text[STRING_SHOWN];
    long size = string_from_user(text, user, sizeof(text));

    if (size == -EFAULT) {
        length += format(line + length, sizeof(line) - (size_t)length, "%p", user);
        return;
    }
    if (size < 0)
        size = sizeof(text);
    for (long i = 0; i < size; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '.';
    length += format(line + length, sizeof(line) - (size_t)length, "\"%.*s\"", (int)size, text);
}

static void append(char kind, uint64_t value)
{
    size_t left = sizeof(line) - (size_t)length;

    switch (kind) {
    case 's':
        append_string((const char *)value);
        break;
    case 'd':
        length += format(line + length, left, "%d", (int)value);
        break;
    case 'u':
        length += format(line + length, left, "%lu", value);
        break;
    default:
        length += format(line + length, left, "0x%lx", value);
    }
}

void trace_call(const char *name, const char *kinds, const struct registers *registers)
{
    const uint64_t arguments[] = {registers->rdi, registers->rsi, registers->rdx,
                                  registers->r10, registers->r8,  registers->r9};

    length = format(line, sizeof(line), "[%d] %s(", current->id, name);
    for (size_t i = 0; kinds[i] != '\0' && i < ARRAY_SIZE(arguments); i++) {
        if (i > 0)
            length += format(line + length, sizeof(line) - (size_t)length, ", ");
        append(kinds[i], arguments[i]);
    }
    length += format(line + length, sizeof(line) - (size_t)length, ")");
}

void trace_result(long result)
{
    size_t left = sizeof(line) - (size_t)length;

    if (result >= -4095 && result < 0x100000)
        length += format(line + length, left, " = %ld\n", result);
    else
        length += format(line + length, left, " = 0x%lx\n", (uint64_t)result);
    host_write(LINUX_ERROR, line, (size_t)length);
}
