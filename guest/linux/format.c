/* snprintf(3), as far as a kernel needs it. */
#include "kernel.h"

#include <stdbool.h>

struct output {
    char *to;
    size_t size, length; /* length may exceed size, as snprintf's result does */
};

struct conversion {
    bool left, zero;
    int width, precision; /* precision: -1 is none */
    int bits;             /* 32 or 64 */
};

static void put(struct output *output, char c)
{
    if (output->length + 1 < output->size)
        output->to[output->length] = c;
    output->length++;
}

static void pad(struct output *output, char c, int count)
{
    while (count-- > 0)
        put(output, c);
}

static void put_text(struct output *output, const struct conversion *conversion, const char *text,
                     int length)
{
    if (!conversion->left)
        pad(output, conversion->zero ? '0' : ' ', conversion->width - length);
    for (int i = 0; i < length; i++)
        put(output, text[i]);
    if (conversion->left)
        pad(output, ' ', conversion->width - length);
}

static void put_number(struct output *output, const struct conversion *conversion, uint64_t number,
                       unsigned base, bool negative)
{
    char text[24];
    int at = sizeof(text);

    do
        text[--at] = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    if (negative)
        text[--at] = '-';
    put_text(output, conversion, text + at, (int)sizeof(text) - at);
}

static const char *read_conversion(const char *at, struct conversion *conversion, va_list arguments)
{
    *conversion = (struct conversion){.precision = -1, .bits = 32};
    for (; *at == '-' || *at == '0'; at++)
        *(*at == '-' ? &conversion->left : &conversion->zero) = true;
    for (; *at >= '0' && *at <= '9'; at++)
        conversion->width = conversion->width * 10 + *at - '0';
    if (at[0] == '.' && at[1] == '*') {
        conversion->precision = va_arg(arguments, int);
        at += 2;
    }
    for (; *at == 'l' || *at == 'z'; at++)
        conversion->bits = 64;
    return at;
}

static void convert(struct output *output, const struct conversion *conversion, char kind,
                    va_list arguments)
{
    switch (kind) {
    case 's': {
        const char *text = va_arg(arguments, const char *);
        put_text(output, conversion, text, (int)strnlen(text, (size_t)conversion->precision));
        break;
    }
    case 'c':
        put(output, (char)va_arg(arguments, int));
        break;
    case 'd': {
        int64_t number =
            conversion->bits == 64 ? va_arg(arguments, int64_t) : va_arg(arguments, int);
        put_number(output, conversion, number < 0 ? -(uint64_t)number : (uint64_t)number, 10,
                   number < 0);
        break;
    }
    case 'u':
    case 'x':
        put_number(output, conversion,
                   conversion->bits == 64 ? va_arg(arguments, uint64_t)
                                          : va_arg(arguments, unsigned),
                   kind == 'u' ? 10 : 16, false);
        break;
    case 'p':
        put(output, '0');
        put(output, 'x');
        put_number(output, conversion, va_arg(arguments, uint64_t), 16, false);
        break;
    default:
        put(output, kind);
    }
}

int vformat(char *to, size_t size, const char *format, va_list arguments)
{
    struct output output = {.to = to, .size = size};
    va_list rest;

    va_copy(rest, arguments); /* so that it can be handed on by reference */
    for (; *format != '\0'; format++) {
        struct conversion conversion;

        if (*format != '%') {
            put(&output, *format);
            continue;
        }
        format = read_conversion(format + 1, &conversion, rest);
        convert(&output, &conversion, *format, rest);
    }
    va_end(rest);
    if (size > 0)
        to[output.length < size ? output.length : size - 1] = '\0';
    return (int)output.length;
}

int format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vformat(to, size, format, arguments);
    va_end(arguments);
    return length;
}
