/* Whatever a stranger sends, the text is printable, bounded and NUL-terminated. */
#include "netbroker/text.h"

#include "tap.h"

#include <string.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

static struct text cleaned = TEXT_EMPTY; /* large, so all tests share it */
static char many[TEXT_MAX * 2];

static const char *clean(const char *bytes, size_t length)
{
    text_clear(&cleaned);
    text_append_clean(&cleaned, bytes, length);
    return cleaned.data;
}

static void expect(const char *bytes, size_t length, const char *expected, const char *what)
{
    const char *got = clean(bytes, length);

    if (!ok(strcmp(got, expected) == 0 && cleaned.length == strlen(expected), "%s", what))
        printf("# got '%s', expected '%s'\n", got, expected);
}

static void test_clean(void)
{
    expect(BYTES("plain ~ text\nof two lines\n"), "plain ~ text\nof two lines\n", "ASCII stays");
    expect(BYTES("a\tb\n\tc"), "a       b\n        c", "a tab fills up to the next column of 8");
    expect(BYTES("a\r\nb\x7f\x08\x07"), "a\nb", "CR, DEL, backspace and bell are dropped");
    expect(BYTES("a\0b"), "ab", "an embedded NUL is dropped");
    expect(BYTES("\x1b[2J\x1b]0;t\x07"), "[2J]0;t", "an escape sequence loses its escape");
    expect(BYTES("\xc2\x9b"
                 "31m"),
           "31m", "C1 as UTF-8 is dropped");
    expect(BYTES("\x9b"
                 "31m"),
           "?31m", "C1 as a raw byte is '?'");
    expect(BYTES("8.8 \xce\xbcg/m\xc2\xb3 \xc2\xb5 20\xc2\xb0"
                 "C"),
           "8.8 ug/m3 u 20degC", "units");
    expect(BYTES("\xe2\x80\xae"
                 "abc\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81"),
           "abc", "bidirectional, zero-width, byte order mark and tag characters are dropped");
    expect(BYTES("caf\xc3\xa9 \xc5\x81\xc3\xb3"
                 "d\xc5\xba e\xcc\x81 \xc3\x9f \xc3\x86"),
           "cafe Lodz e ss AE", "letters lose their accents");
    expect(BYTES("\xe2\x80\x9cq\xe2\x80\x9d \xe2\x80\x93 \xe2\x80\xa6 \xe2\x82\xac"),
           "\"q\" - ... EUR", "punctuation is spelled in ASCII");
    expect(BYTES("\xe6\x97\xa5\xf0\x9f\x98\x80"), "??",
           "each character without a spelling is one '?'");
}

static void test_invalid(void)
{
    expect(BYTES("\xc0\x9b"), "??", "an overlong escape is '?'");
    expect(BYTES("\xe0\x80\x9b\xf0\x80\x80\x9b"), "???????", "so is a longer one");
    expect(BYTES("\xed\xa0\x80"), "???", "a surrogate is '?'");
    expect(BYTES("\xf4\x90\x80\x80\xf8\xff"), "??????", "so is each byte beyond U+10FFFF");
    expect(BYTES("\xe2\x82"), "??", "and of a truncated sequence");
    expect(BYTES("\xe2\x82z"), "??z", "which does not swallow what follows");
}

static void test_is_utf8(void)
{
    ok(text_is_utf8(BYTES("a\0\xc2\x80\xe0\xa0\x80\xee\x80\x80\xf4\x8f\xbf\xbf")), "well-formed");
    ok(text_is_utf8("", 0), "nothing is well-formed");
    ok(!text_is_utf8(BYTES("\xc0\x80")), "overlong NUL");
    ok(!text_is_utf8(BYTES("\xc1\xbf")), "overlong of two bytes");
    ok(!text_is_utf8(BYTES("\xe0\x9f\xbf")), "overlong of three bytes");
    ok(!text_is_utf8(BYTES("\xf0\x8f\xbf\xbf")), "overlong of four bytes");
    ok(!text_is_utf8(BYTES("\xed\xbf\xbf")), "surrogate");
    ok(!text_is_utf8(BYTES("\xf4\x90\x80\x80")), "beyond U+10FFFF");
    ok(!text_is_utf8(BYTES("\x80")), "continuation without a lead");
    ok(!text_is_utf8("\xe2\x82\xac", 2), "truncated by the length");
}

static void test_bounds(void)
{
    memset(many, 'x', sizeof(many));
    clean(many, sizeof(many));
    ok(cleaned.length == TEXT_COLUMNS, "a line is cut at %u characters", TEXT_COLUMNS);
    text_append_clean(&cleaned, BYTES("y\nz"));
    ok(strcmp(cleaned.data + TEXT_COLUMNS, "\nz") == 0, "across calls, but the next line is not");

    memset(many, '\n', sizeof(many));
    clean(many, sizeof(many));
    ok(cleaned.length == TEXT_LINES, "no more than %u lines", TEXT_LINES);
    text_append_clean(&cleaned, BYTES("x\t\n"));
    ok(cleaned.length == TEXT_LINES, "nor from the next call");

    memset(many, '\t', sizeof(many));
    clean(many, sizeof(many));
    ok(cleaned.length == TEXT_COLUMNS, "tabs count as what they become");

    for (size_t i = 0; i < sizeof(many); i++)
        many[i] = i % 100 == 99 ? '\n' : 'x';
    clean(many, sizeof(many));
    ok(cleaned.length == TEXT_MAX - 1 && cleaned.data[cleaned.length] == '\0',
       "a text is cut at %u bytes", TEXT_MAX - 1);
    text_append_clean(&cleaned, BYTES("\t\xe2\x80\xa6\n"));
    ok(cleaned.length == TEXT_MAX - 1, "a full text takes nothing more");
}

static void test_printf(void)
{
    text_clear(&cleaned);
    text_printf(&cleaned, "%s: %.2f\n", "x\x1b[1m", 4.0);
    ok(strcmp(cleaned.data, "x[1m: 4.00\n") == 0, "text_printf cleans its arguments");
    text_printf(&cleaned, "%s", many);
    ok(cleaned.length < TEXT_MAX, "and cuts them");
}

int main(void)
{
    test_clean();
    test_invalid();
    test_is_utf8();
    many[sizeof(many) - 1] = '\0';
    test_bounds();
    many[sizeof(many) - 1] = '\0';
    test_printf();
    return done();
}
