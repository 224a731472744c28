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

void wrap_print(struct wrap *wrap, const char *format, ...)
{
    char text[WIDTH - MARGIN];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (wrap->column + 1 + strlen(text) > WIDTH) {
        printf("\n%*s", MARGIN, "");
        wrap->column = MARGIN;
    }
    wrap->column += (unsigned)printf(" %s", text);
}

void wrap_words(struct wrap *wrap, const char *text)
{
    for (size_t length; *text; text += length + (text[length] == ' ')) {
        length = strcspn(text, " ");
        wrap_print(wrap, "%.*s", (int)length, text);
    }
}

void wrap_end(struct wrap *wrap)
{
    putchar('\n');
    wrap->column = 0;
}
