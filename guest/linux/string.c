/* The like of <string.h>. Blocks go by the processor's string instructions, which are fast there.
 */
#include "kernel.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    for (uint8_t *last = to; size-- > 0;)
        last[size] = ((const uint8_t *)from)[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < size; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

void *memchr(const void *bytes, int byte, size_t size)
{
    const uint8_t *at = bytes;

    for (; size-- > 0; at++)
        if (*at == (uint8_t)byte)
            return (void *)at;
    return NULL;
}

size_t strnlen(const char *string, size_t size)
{
    size_t length = 0;

    while (length < size && string[length] != '\0')
        length++;
    return length;
}

size_t strlen(const char *string)
{
    return strnlen(string, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i] || a[i] == '\0')
            return (uint8_t)a[i] - (uint8_t)b[i];
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *string, int byte)
{
    for (; *string != (char)byte; string++)
        if (*string == '\0')
            return NULL;
    return (char *)string;
}

char *strrchr(const char *string, int byte)
{
    const char *last = NULL;

    do
        if (*string == (char)byte)
            last = string;
    while (*string++ != '\0');
    return (char *)last;
}
