/* A text that grows while it is made. */
#include "text.h"

#include "kernel.h"
#include "memory.h"

static bool reserve(struct text *text, size_t more)
{
    size_t size = text->size > 0 ? text->size : 256;
    char *bytes;

    if (text->full || more <= text->size - text->length)
        return !text->full;
    while (size < text->length + more)
        size *= 2;
    bytes = krealloc(text->bytes, size);
    text->full = !bytes;
    if (bytes) {
        text->bytes = bytes;
        text->size = size;
    }
    return bytes;
}

void text_add(struct text *text, const void *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vformat(NULL, 0, format, arguments);
    if (reserve(text, (size_t)length + 1)) {
        vformat(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

long text_read(const struct text *text, struct iter *to, uint64_t *position)
{
    long done = 0;

    if (*position < text->length)
        done = iter_put(to, text->bytes + *position, text->length - *position);
    if (done > 0)
        *position += (uint64_t)done;
    return done;
}
