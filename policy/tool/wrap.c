/* Breaks lines between words; a margin on the left is for headings. */
#include "policy/tool/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MARGIN 15
#define WIDTH  80

struct wrap wrap_begin(const char *heading)
{
    printf("  %-*s", MARGIN - 2, heading);
    return (struct wrap){MARGIN};
}

/* Prints a piece that fits into a line; on a new line if it does not fit into this one. */
static void put(struct wrap *wrap, const char *space, const char *piece, size_t length)
{
    if (wrap->column + strlen(space) + length > WIDTH) {
        printf("\n%*s", MARGIN, "");
        wrap->column = MARGIN;
        space = " ";
        for (; length > 0 && *piece == ' '; length--)
            piece++;
    }
    wrap->column += (unsigned)printf("%s%.*s", space, (int)length, piece);
}

void wrap_print(struct wrap *wrap, const char *format, ...)
{
    char text[WIDTH - MARGIN];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    put(wrap, " ", text, strlen(text));
}

void wrap_words(struct wrap *wrap, const char *text)
{
    for (size_t length; *text; text += length + (text[length] == ' ')) {
        length = strcspn(text, " ");
        wrap_print(wrap, "%.*s", (int)length, text);
    }
}

void wrap_long(struct wrap *wrap, const char *word)
{
    for (size_t length, done = 0; word[done]; done += length) {
        length = strcspn(word + done, "/?&|,");
        length += word[done + length] != '\0';
        if (length > WIDTH - MARGIN - 1)
            length = WIDTH - MARGIN - 1;
        put(wrap, done ? "" : " ", word + done, length);
    }
}

void wrap_end(struct wrap *wrap)
{
    putchar('\n');
    wrap->column = 0;
}
