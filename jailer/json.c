/* JSON text: see json.h. */
#include "json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ESCAPED_MAX 12 /* a pair of surrogates */

void json_printf(struct json *json, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    json->length +=
        (size_t)vsnprintf(json->text + json->length, json->size - json->length, format, arguments);
    va_end(arguments);
}

/* How many bytes a character has that begins with this one, and the least and the greatest code
 * point of that length; 0 if none begins so (RFC 3629). */
static size_t character_length(unsigned char first, uint32_t *least, uint32_t *greatest)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least, greatest;
    } forms[] = {
        {0x80, 0x00, 0, 0x7f},
        {0xe0, 0xc0, 0x80, 0x7ff},
        {0xf0, 0xe0, 0x800, 0xffff},
        {0xf8, 0xf0, 0x10000, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if ((first & forms[i].mask) == forms[i].lead) {
            *least = forms[i].least;
            *greatest = forms[i].greatest;
            return i + 1;
        }
    return 0;
}

/* Decodes a character at the start of `length` bytes, at least one. Returns how many bytes it has,
 * or 0 if that is not UTF-8. */
static size_t decode(const unsigned char *bytes, size_t length, uint32_t *code)
{
    uint32_t least, greatest;
    const size_t count = character_length(bytes[0], &least, &greatest);

    if (count == 0 || count > length)
        return 0;
    *code = count == 1 ? bytes[0] : bytes[0] & (0x7fu >> count);
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3f);
    }
    return *code < least || *code > greatest || (*code >= 0xd800 && *code <= 0xdfff) ? 0 : count;
}

/* Writes a code point as it is in a JSON string; returns the length. */
static size_t escape(uint32_t code, char escaped[ESCAPED_MAX + 1])
{
    if (code == '"' || code == '\\')
        return (size_t)sprintf(escaped, "\\%c", (char)code);
    if (code >= ' ' && code <= '~')
        return (size_t)sprintf(escaped, "%c", (char)code);
    if (code <= 0xffff)
        return (size_t)sprintf(escaped, "\\u%04x", code);
    code -= 0x10000;
    return (size_t)sprintf(escaped, "\\u%04x\\u%04x", 0xd800 + (code >> 10 & 0x3ff),
                           0xdc00 + (code & 0x3ff));
}

bool json_string(struct json *json, const char *bytes, size_t length, size_t room)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    char escaped[ESCAPED_MAX + 1];
    uint32_t code;
    size_t at = 0;

    json->text[json->length++] = '"';
    while (at < length) {
        const size_t taken = decode(byte + at, length - at, &code);
        const size_t size = escape(taken > 0 ? code : 0xdc00u + byte[at], escaped);

        if (size > room)
            break;
        memcpy(json->text + json->length, escaped, size);
        json->length += size;
        room -= size;
        at += taken > 0 ? taken : 1;
    }
    json->text[json->length++] = '"';
    return at == length;
}
