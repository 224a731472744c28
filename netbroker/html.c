/*
 * Turns HTML into text, as far as a Mastodon status needs it, in one pass and without a tree. The
 * result is as untrusted as the HTML ("&#27;" is an escape character), so it is cleaned last.
 */
#include "text.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define REPLACEMENT 0xfffdu

/* Larger than a text, because cleaning may drop much of it. */
struct decoded {
    size_t length;
    char bytes[4 * TEXT_MAX];
};

struct entity {
    const char *name;
    uint16_t code;
};

static const struct entity entities[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},     {"nbsp", 0x00a0},   {"copy", 0x00a9},   {"reg", 0x00ae},
    {"trade", 0x2122},  {"hellip", 0x2026}, {"bull", 0x2022},   {"middot", 0x00b7},
    {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},
    {"ldquo", 0x201c},  {"rdquo", 0x201d},  {"laquo", 0x00ab},  {"raquo", 0x00bb},
    {"deg", 0x00b0},    {"micro", 0x00b5},  {"plusmn", 0x00b1}, {"times", 0x00d7},
    {"divide", 0x00f7}, {"euro", 0x20ac},   {"pound", 0x00a3},  {"sect", 0x00a7},
    {"larr", 0x2190},   {"rarr", 0x2192},   {"auml", 0x00e4},   {"ouml", 0x00f6},
    {"uuml", 0x00fc},   {"szlig", 0x00df},  {"eacute", 0x00e9}, {"egrave", 0x00e8},
};

static void put_byte(struct decoded *out, unsigned byte)
{
    if (out->length < sizeof(out->bytes))
        out->bytes[out->length++] = (char)byte;
}

static void put_code(struct decoded *out, uint32_t code)
{
    if (code < 0x80) {
        put_byte(out, code);
        return;
    }
    if (code < 0x800) {
        put_byte(out, 0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put_byte(out, 0xe0 | code >> 12);
        } else {
            put_byte(out, 0xf0 | code >> 18);
            put_byte(out, 0x80 | (code >> 12 & 0x3f));
        }
        put_byte(out, 0x80 | (code >> 6 & 0x3f));
    }
    put_byte(out, 0x80 | (code & 0x3f));
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return INT_MAX;
}

/* Reads "#27" or "#x1b". False if it is not a number. */
static bool numeric_entity(const char *name, size_t length, uint32_t *code)
{
    bool hex = length > 1 && (name[1] | 0x20) == 'x';
    size_t at = hex ? 2 : 1;

    if (at >= length)
        return false;
    *code = 0;
    for (; at < length; at++) {
        int digit = digit_value(name[at]);
        if (digit >= (hex ? 16 : 10))
            return false;
        *code = *code * (hex ? 16 : 10) + (uint32_t)digit;
        if (*code > 0x10ffff)
            *code = 0x110000; /* stays too large, whatever follows */
    }
    if (*code == 0 || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        *code = REPLACEMENT;
    return true;
}

/* Decodes the entity at '&'; an unknown one is an ordinary '&'. Returns the bytes taken. */
static size_t put_entity(struct decoded *out, const char *html, size_t length)
{
    const size_t longest = 12; /* "&#x0010ffff;" */
    const char *end = memchr(html, ';', length < longest ? length : longest);
    const char *name = html + 1;
    uint32_t code;

    if (!end || end == name) {
        put_byte(out, '&');
        return 1;
    }
    size_t name_length = (size_t)(end - name);
    if (name[0] == '#' && numeric_entity(name, name_length, &code)) {
        put_code(out, code);
        return name_length + 2;
    }
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (strlen(entities[i].name) == name_length &&
            memcmp(entities[i].name, name, name_length) == 0) {
            put_code(out, entities[i].code);
            return name_length + 2;
        }
    }
    put_byte(out, '&');
    return 1;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* The length of the tag at '<': through the first '>' outside quotes, or all that is left. */
static size_t tag_length(const char *html, size_t length)
{
    char quote = '\0';

    for (size_t at = 1; at < length; at++) {
        if (quote != '\0') {
            if (html[at] == quote)
                quote = '\0';
        } else if (html[at] == '"' || html[at] == '\'') {
            quote = html[at];
        } else if (html[at] == '>') {
            return at + 1;
        }
    }
    return length;
}

static size_t comment_length(const char *html, size_t length)
{
    const char *end = memmem(html + 4, length - 4, "-->", 3);

    return end ? (size_t)(end - html) + 3 : length;
}

static bool tag_is(const char *tag, size_t length, const char *name)
{
    size_t name_length = strlen(name);

    return length > name_length && strncasecmp(tag, name, name_length) == 0 &&
           !is_letter(tag[name_length]) && digit_value(tag[name_length]) > 9;
}

/* Writes what a tag means in text: the end of a line, a bullet, or nothing. */
static void put_tag(struct decoded *out, const char *tag, size_t length)
{
    static const char *const line_ends[] = {"br", "/p", "/li", "/pre", "/blockquote"};

    for (size_t i = 0; i < sizeof(line_ends) / sizeof(line_ends[0]); i++) {
        if (tag_is(tag, length, line_ends[i]))
            put_byte(out, '\n');
    }
    if (tag_is(tag, length, "li")) {
        put_byte(out, '-');
        put_byte(out, ' ');
    }
}

/* Reads what begins with '<'. Returns the bytes taken. */
static size_t put_markup(struct decoded *out, const char *html, size_t length)
{
    if (length >= 4 && memcmp(html, "<!--", 4) == 0)
        return comment_length(html, length);
    if (length < 2 || !(is_letter(html[1]) || is_one_of(html[1], "/!?"))) {
        put_byte(out, '<');
        return 1;
    }
    size_t taken = tag_length(html, length);
    put_tag(out, html + 1, taken - 1);
    return taken;
}

void text_append_html(struct text *text, const char *html, size_t length)
{
    struct decoded out;

    out.length = 0;
    for (size_t at = 0; at < length;) {
        if (html[at] == '<') {
            at += put_markup(&out, html + at, length - at);
        } else if (html[at] == '&') {
            at += put_entity(&out, html + at, length - at);
        } else {
            put_byte(&out, (unsigned char)html[at++]);
        }
    }
    while (out.length > 0 && is_one_of(out.bytes[out.length - 1], " \n"))
        out.length--;
    text_append_clean(text, out.bytes, out.length);
}
