/*
 * Any bytes as what a guest writes to the terminal: what comes through is text, and sequences of
 * the list below, which says in its own way what jailer/screen.h promises; the same in whatever
 * pieces it was written; and all that it changes is undone at the end.
 */
#include "clean.h"

#include "jailer/screen.h"

#include <regex.h>
#include <stdint.h>
#include <string.h>

static const char list[] = "^("
                           "[\n\r\t\b\a -~]|"                         /* text */
                           "\033\\[[0-9;]*[ABCDEFGHdfae`JKXPL@MSTr]|" /* cursor, erasing */
                           "\033\\[[0-9;:]*m|"                        /* attributes */
                           "\033\\[[su]|\033\\[4[hl]|\033[78DEM=>]|"  /* state */
                           "\033\\[[?](0*1|0*7|0*12|0*25|0*47|0*1047|0*1049|0*2004)[hl]|"
                           "\033[()][B0]" /* character sets */
                           ")";

/* A well-formed character beyond ASCII: no C1 control (C2 80 to C2 9F) among them. */
static size_t character(const unsigned char *bytes, size_t left)
{
    size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;

    must(bytes[0] >= 0xc2 && bytes[0] <= 0xf4 && length <= left, "no byte stands alone");
    must(bytes[0] != 0xc2 || bytes[1] >= 0xa0, "no C1 control");
    must(!(bytes[0] == 0xe2 && bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae),
         "text keeps its direction");
    for (size_t i = 1; i < length; i++)
        must((bytes[i] & 0xc0) == 0x80, "a character is whole");
    return length;
}

static void must_be_safe(const char *text, size_t length)
{
    static regex_t expression;
    static bool compiled;
    regmatch_t match;

    if (!compiled)
        must(regcomp(&expression, list, REG_EXTENDED) == 0, "the list is an expression");
    compiled = true;
    for (size_t at = 0; at < length;) {
        if ((unsigned char)text[at] >= 0x80) {
            at += character((const unsigned char *)text + at, length - at);
            continue;
        }
        must(regexec(&expression, text + at, 1, &match, 0) == 0, "nothing but the list");
        at += (size_t)match.rm_eo;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct screen whole = {0}, pieces = {0};
    char *out = calloc(1, 2 * size + SCREEN_HELD + SCREEN_END + 1);
    char *other = calloc(1, 2 * size + SCREEN_HELD + SCREEN_END + 1);
    size_t length, length_other = 0;

    must(out && other, "there is memory");
    length = screen_filter(&whole, (const char *)data, size, out);
    must(length <= 2 * size + SCREEN_HELD, "the output is bounded");
    length += screen_end(&whole, out + length);
    for (size_t at = 0, piece = 1; at < size; at += piece, piece = piece % 7 + 1) {
        if (piece > size - at)
            piece = size - at;
        length_other +=
            screen_filter(&pieces, (const char *)data + at, piece, other + length_other);
    }
    length_other += screen_end(&pieces, other + length_other);
    must(length == length_other && memcmp(out, other, length) == 0, "pieces make no difference");
    must(screen_end(&whole, out + length) == 0, "everything is undone once");
    must_be_safe(out, length);
    free(other);
    free(out);
    return 0;
}
