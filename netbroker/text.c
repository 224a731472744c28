/*
 * The last step between a stranger's bytes and the guest's terminal: UTF-8 in, printable ASCII out.
 * Pure functions.
 */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAB_STOP 8u

/* The range of a sequence's second byte rules out overlong forms, surrogates and code points beyond
 * U+10FFFF (Unicode 15, table 3-7). */
struct lead {
    unsigned char first, last;
    unsigned char length;
    unsigned char low, high; /* of the second byte */
};

static const struct lead leads[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    }
    return NULL;
}

size_t text_decode(const char *bytes, size_t length, uint32_t *code)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    const struct lead *lead = find_lead(byte[0]);

    *code = TEXT_INVALID;
    if (!lead || lead->length > length)
        return 1;
    if (lead->length > 1 && (byte[1] < lead->low || byte[1] > lead->high))
        return 1;

    uint32_t value = lead->length == 1 ? byte[0] : byte[0] & (0x7fu >> lead->length);
    for (size_t i = 1; i < lead->length; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (byte[i] & 0x3f);
    }
    *code = value;
    return lead->length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    uint32_t code;

    for (size_t at = 0; at < length;) {
        at += text_decode(bytes + at, length - at, &code);
        if (code == TEXT_INVALID)
            return false;
    }
    return true;
}

struct range {
    uint32_t first, last;
};

/* What a terminal obeys or hides instead of showing it. Dropped without a '?'. */
static const struct range invisible[] = {
    {0x0000, 0x0008},   /* C0, without tab and newline … */
    {0x000b, 0x001f},   /* … */
    {0x007f, 0x009f},   /* DEL and C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x0300, 0x036f},   /* combining accents */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200f},   /* zero width, direction marks */
    {0x202a, 0x202e},   /* bidirectional embeddings and overrides */
    {0x2060, 0x206f},   /* invisible operators, bidirectional isolates */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xfff9, 0xfffb},   /* annotations */
    {0x1d173, 0x1d17a}, /* musical controls */
    {0xe0000, 0xe0fff}, /* tags, more variation selectors */
};

static bool is_invisible(uint32_t code)
{
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++) {
        if (code >= invisible[i].first && code <= invisible[i].last)
            return true;
    }
    return false;
}

bool text_is_visible(const char *utf8)
{
    size_t length = strlen(utf8);
    uint32_t code;

    for (size_t at = 0; at < length;) {
        at += text_decode(utf8 + at, length - at, &code);
        if (code == TEXT_INVALID || code == '\t' || code == '\n' || is_invisible(code))
            return false;
    }
    return true;
}

struct spelling {
    uint32_t code;
    const char *ascii;
};

static const struct spelling spellings[] = {
    {0x00a0, " "},    {0x00a1, "!"},    {0x00a2, "c"},    {0x00a3, "GBP"}, {0x00a5, "JPY"},
    {0x00a6, "|"},    {0x00a7, "S."},   {0x00a9, "(c)"},  {0x00ab, "<<"},  {0x00ac, "not "},
    {0x00ae, "(R)"},  {0x00b0, "deg"},  {0x00b1, "+/-"},  {0x00b2, "2"},   {0x00b3, "3"},
    {0x00b4, "'"},    {0x00b5, "u"},    {0x00b7, "*"},    {0x00b9, "1"},   {0x00bb, ">>"},
    {0x00bc, "1/4"},  {0x00bd, "1/2"},  {0x00be, "3/4"},  {0x00c6, "AE"},  {0x00d0, "D"},
    {0x00d7, "x"},    {0x00de, "Th"},   {0x00df, "ss"},   {0x00e6, "ae"},  {0x00f0, "d"},
    {0x00f7, "/"},    {0x00fe, "th"},   {0x0132, "IJ"},   {0x0133, "ij"},  {0x0152, "OE"},
    {0x0153, "oe"},   {0x03bc, "u"},    {0x1e9e, "SS"},   {0x2002, " "},   {0x2003, " "},
    {0x2009, " "},    {0x2010, "-"},    {0x2011, "-"},    {0x2012, "-"},   {0x2013, "-"},
    {0x2014, "--"},   {0x2015, "--"},   {0x2018, "'"},    {0x2019, "'"},   {0x201a, ","},
    {0x201b, "'"},    {0x201c, "\""},   {0x201d, "\""},   {0x201e, "\""},  {0x2022, "*"},
    {0x2026, "..."},  {0x2028, " "},    {0x2029, " "},    {0x202f, " "},   {0x2032, "'"},
    {0x2033, "\""},   {0x2039, "<"},    {0x203a, ">"},    {0x2044, "/"},   {0x20ac, "EUR"},
    {0x2103, "degC"}, {0x2109, "degF"}, {0x2122, "(TM)"}, {0x2190, "<-"},  {0x2192, "->"},
    {0x2212, "-"},    {0x2260, "!="},   {0x2264, "<="},   {0x2265, ">="},  {0x3000, " "},
};

/* U+00C0 to U+017F without accents; '?' where the table above has the letter. */
static const char latin[] = "AAAAAA?CEEEEIIII"
                            "?NOOOOO?OUUUUY??"
                            "aaaaaa?ceeeeiiii"
                            "?nooooo?ouuuuy?y"
                            "AaAaAaCcCcCcCcDd"
                            "DdEeEeEeEeEeGgGg"
                            "GgGgHhHhIiIiIiIi"
                            "Ii??JjKkqLlLlLlL"
                            "lLlNnNnNnnNnOoOo"
                            "Oo??RrRrRrSsSsSs"
                            "SsTtTtTtUuUuUuUu"
                            "UuUuWwYyYZzZzZzs";

static int compare_spelling(const void *key, const void *element)
{
    const uint32_t code = *(const uint32_t *)key;
    const struct spelling *spelling = element;

    return code < spelling->code ? -1 : code > spelling->code;
}

/* Where the next character goes. */
struct cursor {
    struct text *text;
    size_t column, lines;
};

static void put(struct cursor *cursor, char byte)
{
    struct text *text = cursor->text;

    const bool is_usual = text->size <= TEXT_MAX;

    if (text->length >= text->size - 1 || (is_usual && cursor->lines >= TEXT_LINES))
        return;
    if (byte == '\n') {
        cursor->lines++;
        cursor->column = 0;
    } else if (cursor->column++ >= TEXT_COLUMNS && is_usual) {
        return;
    }
    text->data[text->length++] = byte;
}

static void put_code(struct cursor *cursor, uint32_t code)
{
    if (code == '\t') {
        size_t spaces = TAB_STOP - cursor->column % TAB_STOP;

        while (spaces-- > 0)
            put(cursor, ' ');
        return;
    }
    if (code == '\n' || (code >= 0x20 && code <= 0x7e)) {
        put(cursor, (char)code);
        return;
    }
    if (code != TEXT_INVALID && is_invisible(code))
        return;

    const struct spelling *spelling =
        bsearch(&code, spellings, sizeof(spellings) / sizeof(spellings[0]), sizeof(spellings[0]),
                compare_spelling);
    if (spelling) {
        for (const char *ascii = spelling->ascii; *ascii != '\0'; ascii++)
            put(cursor, *ascii);
    } else if (code >= 0xc0 && code <= 0x17f) {
        put(cursor, latin[code - 0xc0]);
    } else {
        put(cursor, '?');
    }
}

static struct cursor at_end_of(struct text *text)
{
    struct cursor cursor = {.text = text};

    for (size_t i = 0; i < text->length; i++) {
        cursor.column = text->data[i] == '\n' ? 0 : cursor.column + 1;
        cursor.lines += text->data[i] == '\n';
    }
    return cursor;
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->data[0] = '\0';
}

void text_append_clean(struct text *text, const char *utf8, size_t length)
{
    struct cursor cursor = at_end_of(text);
    uint32_t code;

    for (size_t at = 0; at < length;) {
        at += text_decode(utf8 + at, length - at, &code);
        put_code(&cursor, code);
    }
    text->data[text->length] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
    char raw[TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    if (length > 0)
        text_append_clean(text, raw, strlen(raw));
}
