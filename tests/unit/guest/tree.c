/* What is random of the calls, and whether what they leave is the same. */
#include "both.h"

#include <linux/fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TREE_MAX = 1 << 20 };

void die(const char *what, const char *of, long ours, long linux)
{
    printf("# %s: %s: ours %ld, Linux' %ld\n", of, what, ours, linux);
    fflush(stdout);
    _exit(1);
}

const char *name(const char *format, ...)
{
    static char text[3000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return text;
}

unsigned below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

const char *random_path(void)
{
    static const char *const names[] = {"a", "b", "c",  "d",  "e",     "f007", "l",
                                        "m", "n", "h1", "h2", ".",     "..",   "loop",
                                        "x", "y", "z",  "a",  "empty", "two",  "gone"};
    static char paths[4][1400];
    static unsigned next;
    char *to = paths[next++ % 4];
    const unsigned parts = 1 + below(3);

    strcpy(to, below(6) == 0 ? "/w/" : "");
    if (below(60) == 0)
        return to;
    for (unsigned part = 0; part < parts; part++) {
        if (part > 0)
            strcat(to, below(9) == 0 ? "//" : "/");
        if (below(80) == 0)
            sprintf(to + strlen(to), "%0*d", 250 + (int)below(8), 0);
        else
            strcat(to, names[below(sizeof(names) / sizeof(*names))]);
    }
    if (below(12) == 0)
        strcat(to, "/");
    return to;
}

struct tree {
    char *text;
    size_t length;
};

bool is_root;

unsigned comparable_mode(unsigned mode)
{
    return is_root || S_ISDIR(mode) ? mode : mode & ~(unsigned)(S_ISUID | S_ISGID);
}

static void tree_add(struct tree *tree, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void tree_add(struct tree *tree, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tree->length +=
        (size_t)vsnprintf(tree->text + tree->length, TREE_MAX - tree->length, format, arguments);
    va_end(arguments);
    if (tree->length >= TREE_MAX)
        die("size", "tree", 0, 0);
}

static uint32_t sum_of(enum side side, const char *of, long *size)
{
    static uint8_t bytes[3000];
    const long fd = CALL(side, openat, AT_FDCWD, of, O_RDONLY, 0, 0, 0);
    uint32_t sum = 0;
    long length;

    *size = 0;
    while ((length = CALL(side, read, fd, bytes, sizeof(bytes), 0, 0, 0)) > 0) {
        *size += length;
        for (long i = 0; i < length; i++)
            sum = sum * 31 + bytes[i];
    }
    CALL(side, close, fd, 0, 0, 0, 0, 0);
    return length < 0 ? (uint32_t)length : sum;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a directory, sorted: how many. */
static unsigned names_in(enum side side, const char *directory, char **names, unsigned most)
{
    static uint8_t bytes[4000];
    const unsigned size = 300 + below(3700);
    const long fd = CALL(side, openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, 0, 0);
    unsigned count = 0;
    long length;

    while ((length = CALL(side, getdents64, fd, bytes, size, 0, 0, 0)) > 0) {
        for (long at = 0; at < length && count < most; at += *(uint16_t *)(bytes + at + 16))
            names[count++] = strdup(name("%s %d", (char *)bytes + at + 19, bytes[at + 18]));
    }
    CALL(side, close, fd, 0, 0, 0, 0, 0);
    if (length < 0)
        die("directory", directory, length, side);
    qsort(names, count, sizeof(*names), by_name);
    return count;
}

static void describe(enum side side, const char *of, struct tree *tree, unsigned depth)
{
    char *names[2000];
    struct stat stat = {0};
    long size = 0;
    uint32_t sum = 0;
    unsigned count;

    CALL(side, newfstatat, AT_FDCWD, of, &stat, AT_SYMLINK_NOFOLLOW, 0, 0);
    if (S_ISREG(stat.st_mode))
        sum = sum_of(side, of, &size);
    tree_add(tree, "%s %o %lu %u %u %lu %ld %x\n", of, comparable_mode(stat.st_mode),
             (long)stat.st_nlink, stat.st_uid, stat.st_gid, (long)stat.st_rdev, size, sum);
    if (!S_ISDIR(stat.st_mode))
        return;
    if (depth > 12)
        die("depth", of, 0, 0);
    count = names_in(side, of, names, 2000);
    for (unsigned i = 0; i < count; i++) {
        char inner[4096];
        char *space = strrchr(names[i], ' ');

        tree_add(tree, "%s\n", names[i]);
        *space = '\0';
        snprintf(inner, sizeof(inner), "%s/%s", of, names[i]);
        if (strcmp(names[i], ".") && strcmp(names[i], ".."))
            describe(side, inner, tree, depth + 1);
        free(names[i]);
    }
}

void same_tree(const char *directory)
{
    struct tree trees[SIDES];
    size_t at = 0;

    for (enum side side = LINUX; side < SIDES; side++) {
        trees[side] = (struct tree){malloc(TREE_MAX), 0};
        describe(side, directory, &trees[side], 0);
    }
    while (at < trees[OURS].length && trees[OURS].text[at] == trees[LINUX].text[at])
        at++;
    if (at < trees[OURS].length || trees[OURS].length != trees[LINUX].length) {
        while (at > 0 && trees[OURS].text[at - 1] != '\n')
            at--;
        printf("# ours: %.80s\n# Linux': %.80s\n", trees[OURS].text + at, trees[LINUX].text + at);
        die("tree", "the end", 0, 0);
    }
    free(trees[LINUX].text);
    free(trees[OURS].text);
}
