/* What --console safe lets through, shows, and undoes. */
#include "jailer/screen.h"

#include "tap.h"

#include <stdio.h>
#include <string.h>

/* The filter's answer to the text. */
static void filters(const char *in, const char *expected)
{
    struct screen screen = {0};
    char out[512];
    size_t length = screen_filter(&screen, in, strlen(in), out);

    out[length] = '\0';
    if (!ok(strcmp(out, expected) == 0, "%s", expected))
        printf("# %s\n", out);
}

static void passes(const char *text)
{
    filters(text, text);
}

static void test_end(void)
{
    static const char expected[] = "^[[1;\033[m\033[?25h\033[?1049l";
    struct screen screen = {0};
    char out[SCREEN_END];
    size_t length;

    screen_filter(&screen, "\033[?1049h\033[?25l\033[1m", 18, out);
    screen_filter(&screen, "\033[1;", 4, out);
    length = screen_end(&screen, out);
    ok(length == sizeof(expected) - 1 && memcmp(out, expected, length) == 0,
       "what was begun is shown, what was changed is undone");
    ok(screen_end(&screen, out) == 0, "once");
}

int main(void)
{
    passes("text\r\n\ttab\b\a");
    passes("\033[1;38;5;208mcolour\033[0m \033[4:3m");
    passes("\033[H\033[2J\033[10;20H\033[K\033[3A\033[1;24r");
    passes("\033[?1049h\033[?25l\033[?1h\033[?2004h\033=\033(0\033(B\0337\0338");
    passes("caf\303\251 \342\224\214 \360\237\230\200");
    filters("\033]0;title\007", "^[]0;title\a");
    filters("\033]52;c;aGk=\033\\", "^[]52;c;aGk=^[\\");
    filters("a\033[6n\033[c\033[>c\033[21tb", "ab");
    filters("a\033[?1000h\033[?1;1000hb", "ab");
    filters("\033P+q544e\033\\", "^[P+q544e^[\\");
    filters("\033[20h\033[5i\033Z\033c", "^[Z^[c");
    filters("\302\233\062J\233\062J", "?2J?2J");
    filters("\342\200\256evil\342\200\213", "?evil?");
    filters("\355\240\200\300\200\342\224x", "???"
                                             "??x");
    filters("\033\033[1m", "^[\033[1m");
    filters("\033[1\n", "^[[1\n");
    filters("\033[00000000000000000000000000000000000000000000m",
            "^[[00000000000000000000000000000000000000000000m");
    test_end();
    return done();
}
