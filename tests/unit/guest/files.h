/* What the tests of files ask again and again: texts, names, links by their paths. */
#ifndef SPARKLER_TESTS_FILES_H
#define SPARKLER_TESTS_FILES_H

#include "guest/linux/syscalls_files.h"
#include "guest/linux/vfs.h"

#include <stdio.h>
#include <string.h>

static char buffer[100000]; /* of whoever needs one for a moment */

/* A file's text by its path; what went wrong is a text, too. */
static inline const char *text_of(const char *path)
{
    const long fd = sys_open(path, O_RDONLY, 0);
    long length = fd < 0 ? fd : sys_read((int)fd, buffer, sizeof(buffer) - 1);

    if (fd >= 0)
        sys_close((int)fd);
    if (length < 0)
        length = snprintf(buffer, sizeof(buffer), "error %ld", -length);
    buffer[length] = '\0';
    return buffer;
}

static inline bool has_text(const char *path, const char *expected)
{
    const char *text = text_of(path);
    const bool same = strcmp(text, expected) == 0;

    if (!same)
        printf("# %s: %.60s\n", path, text);
    return same;
}

static inline long write_text(const char *path, const char *text)
{
    const long fd = sys_open(path, O_WRONLY | O_CREAT, 0644);
    long length = fd < 0 ? fd : sys_write((int)fd, text, strlen(text));

    if (fd >= 0)
        sys_close((int)fd);
    return length;
}

/* The names in a directory, in its order, each with a space behind it. */
static inline const char *names_in(const char *path, unsigned size)
{
    static char names[400000];
    static uint8_t part[4096];
    const long fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    size_t length = 0;
    long read;

    while ((read = sys_getdents64((int)fd, part, size)) > 0) {
        for (long at = 0; at < read; at += *(uint16_t *)(part + at + 16))
            length += (size_t)sprintf(names + length, "%s ", (char *)part + at + 19);
    }
    sys_close((int)fd);
    names[length] = '\0';
    return names;
}

static inline const char *link_of(const char *path)
{
    const long length = sys_readlink(path, buffer, sizeof(buffer) - 1);

    buffer[length < 0 ? 0 : length] = '\0';
    return buffer;
}

#endif
