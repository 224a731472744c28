/* Looks up names of system calls and constants, and the nearest to a misspelt one. */
#include "policy/runtime/names.h"

#include <string.h>

#define NAME_MAX_LENGTH 64

const struct constant *names_find(const struct constant *table, const char *name, size_t length)
{
    for (const struct constant *c = table; c->name; c++)
        if (strlen(c->name) == length && memcmp(c->name, name, length) == 0)
            return c;
    return NULL;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The Levenshtein distance: how many insertions, deletions and substitutions make a into b. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NAME_MAX_LENGTH + 1];

    if (a_length > NAME_MAX_LENGTH || b_length > NAME_MAX_LENGTH)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];

            row[j] = min(min(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *names_nearest(const struct constant *table, const char *name, size_t length)
{
    size_t nearest = length / 3 + 2; /* a suggestion farther away only confuses */
    const char *found = NULL;

    for (const struct constant *c = table; c->name; c++) {
        size_t d = distance(name, length, c->name, strlen(c->name));

        if (d < nearest) {
            nearest = d;
            found = c->name;
        }
    }
    return found;
}

const char *names_syscall(uint64_t number)
{
    for (const struct constant *c = syscalls; c->name; c++)
        if (c->value == number)
            return c->name;
    return NULL;
}
