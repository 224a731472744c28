/* JSON strings: whatever the bytes, one line of printable ASCII that json-c reads back. */
#include "jailer/json.h"

#include "tap.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 4096

static char text[SIZE];

/* The string as JSON, without its quotes. */
static const char *escaped(const char *bytes, size_t length, size_t room, bool *whole)
{
    struct json json = {.text = text, .size = SIZE};

    *whole = json_string(&json, bytes, length, room);
    text[json.length - 1] = '\0';
    return text + 1;
}

static void expect(const char *bytes, size_t length, const char *expected)
{
    bool whole;

    ok(strcmp(escaped(bytes, length, SIZE - 2, &whole), expected) == 0 && whole, "%s", expected);
}

#define EXPECT(bytes, expected) expect(bytes, sizeof(bytes) - 1, expected)

static void test_characters(void)
{
    EXPECT("", "");
    EXPECT("London, 51.5", "London, 51.5");
    EXPECT("a\"b\\c/", "a\\\"b\\\\c/");
    EXPECT("a\nb\r\t\0c\x7f\x1b[m", "a\\u000ab\\u000d\\u0009\\u0000c\\u007f\\u001b[m");
    EXPECT("Z\xc3\xbcrich", "Z\\u00fcrich");
    EXPECT("\xe2\x80\xa8\xe2\x80\xae\xef\xbf\xbf", "\\u2028\\u202e\\uffff");
    EXPECT("\xf0\x9f\x8c\xa6\xf4\x8f\xbf\xbf", "\\ud83c\\udf26\\udbff\\udfff");
}

static void test_what_is_not_utf8(void)
{
    EXPECT("\x80", "\\udc80");
    EXPECT("\xc3", "\\udcc3");
    EXPECT("\xc3(", "\\udcc3(");
    EXPECT("\xc0\xaf\xe0\x80\xaf", "\\udcc0\\udcaf\\udce0\\udc80\\udcaf"); /* too long a form */
    EXPECT("\xed\xa0\x80", "\\udced\\udca0\\udc80");                       /* a surrogate */
    EXPECT("\xf4\x90\x80\x80", "\\udcf4\\udc90\\udc80\\udc80");            /* beyond U+10FFFF */
    EXPECT("\xf0\x9f\x8c", "\\udcf0\\udc9f\\udc8c");
    EXPECT("\xfe\xff", "\\udcfe\\udcff");
}

static void test_room(void)
{
    bool whole;

    ok(strcmp(escaped("abc", 3, 3, &whole), "abc") == 0 && whole, "a string that just fits");
    ok(strcmp(escaped("abcd", 4, 3, &whole), "abc") == 0 && !whole, "one that does not is cut");
    ok(strcmp(escaped("a\n", 2, 6, &whole), "a") == 0 && !whole, "before an escape, not in it");
    ok(strcmp(escaped("\xf0\x9f\x8c\xa6", 4, 11, &whole), "") == 0 && !whole,
       "a pair of surrogates is not divided");
}

/* Whatever the bytes, the text is one line of ASCII, and json-c reads as many characters. */
static bool is_harmless(const char *bytes, size_t length)
{
    struct json json = {.text = text, .size = SIZE};
    struct json_object *read;
    bool good = json_string(&json, bytes, length, SIZE - 3);

    text[json.length] = '\0';
    for (size_t i = 0; i < json.length; i++)
        good &= text[i] >= ' ' && text[i] <= '~';
    good &= strlen(text) == json.length;
    read = json_tokener_parse(text);
    good &= json_object_is_type(read, json_type_string);
    json_object_put(read);
    return good;
}

static void test_random(void)
{
    bool good = true;
    char bytes[64];

    srand(7);
    for (int i = 0; i < 100000; i++) {
        const size_t length = (size_t)rand() % sizeof(bytes);

        for (size_t at = 0; at < length; at++)
            bytes[at] = (char)(rand() % 3 ? rand() : "\"\\\n\0\xe2\x80\xa8\xf0"[rand() % 8]);
        good &= is_harmless(bytes, length);
    }
    ok(good, "100,000 strings of random bytes are JSON strings");
}

int main(void)
{
    test_characters();
    test_what_is_not_utf8();
    test_room();
    test_random();
    return done();
}
