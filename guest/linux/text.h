/* A text that grows while it is made. */
#ifndef LINUX_TEXT_H
#define LINUX_TEXT_H

#include "vfs.h"

struct text {
    char *bytes; /* by kmalloc */
    size_t length, size;
    bool full; /* memory was; what came after is missing */
};

void text_add(struct text *text, const void *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void text_print(struct text *text, const char *format, ...);

/* Reading it as a file. */
long text_read(const struct text *text, struct iter *to, uint64_t *position);

#endif
