/* The filter of --console safe: see screen.h. */
#include "screen.h"

#include "terminal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ESC  '\033'
#define KEPT "\n\r\t\b\a" /* controls that do no harm */

/* What a sequence changes for good, and what undoes it. */
enum change { ATTRIBUTES, KEYS, KEYPAD, WRAP, INSERT, CURSOR, PASTE, CHARSETS, REGION, ALTERNATE };
static const char *const undo[] = {
    [ATTRIBUTES] = "\033[m",     [KEYS] = "\033[?1l",         [KEYPAD] = "\033>",
    [WRAP] = "\033[?7h",         [INSERT] = "\033[4l",        [CURSOR] = "\033[?25h",
    [PASTE] = "\033[?2004l",     [CHARSETS] = "\033(B\033)B", [REGION] = "\0337\033[r\0338",
    [ALTERNATE] = "\033[?1049l",
};

/* Private modes (DECSET) that may be set and reset. */
static const struct {
    unsigned number;
    enum change change;
} modes[] = {
    {1, KEYS},       {7, WRAP},         {12, CURSOR},      {25, CURSOR},
    {47, ALTERNATE}, {1047, ALTERNATE}, {1049, ALTERNATE}, {2004, PASTE},
};

static void note(struct screen *screen, enum change change)
{
    screen->changes |= 1u << change;
}

/* The parameters of a control sequence are numbers, with nothing else between but `separators`. */
static bool only_numbers(const char *parameters, const char *separators)
{
    while (*parameters &&
           ((*parameters >= '0' && *parameters <= '9') || strchr(separators, *parameters)))
        parameters++;
    return !*parameters;
}

/* CSI ? NUMBER h or l, with one number of the list. */
static bool sets_mode(struct screen *screen, const char *number)
{
    if (!*number || !only_numbers(number, ""))
        return false;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strtoul(number, NULL, 10) == modes[i].number) {
            note(screen, modes[i].change);
            return true;
        }
    return false;
}

/* A control sequence, CSI PARAMETERS FINAL. */
static bool control_is_safe(struct screen *screen, const char *parameters, char final)
{
    const bool plain = only_numbers(parameters, ";");

    switch (final) {
    case 'm': /* attributes and colours */
        note(screen, ATTRIBUTES);
        return only_numbers(parameters, ";:");
    case 'r': /* the region that scrolls */
        note(screen, REGION);
        return plain;
    case 'h':
    case 'l':
        if (*parameters == '?')
            return sets_mode(screen, parameters + 1);
        note(screen, INSERT);
        return strcmp(parameters, "4") == 0;
    case 's': /* the cursor's place, saved and restored */
    case 'u':
        return !*parameters;
    default: /* the cursor moves; characters and lines are erased, inserted, deleted, scrolled */
        return plain && strchr("ABCDEFGHdfae`JKXPL@MST", final);
    }
}

/* A sequence of ESC and one character more. */
static bool escape_is_safe(struct screen *screen, char final)
{
    if (final == '=' || final == '>')
        note(screen, KEYPAD);
    return strchr("78DEM=>", final) && final;
}

/* Adds to the sequence that is held; false when it is longer than any of the list. */
static bool hold(struct screen *screen, char byte)
{
    if (screen->length == SCREEN_HELD - 1)
        return false;
    screen->held[screen->length++] = byte;
    screen->held[screen->length] = '\0';
    return true;
}

static size_t release(struct screen *screen, bool obey, char *out)
{
    size_t length = screen->length;

    screen->length = 0;
    if (!obey)
        return terminal_clean(screen->held, length, "", out);
    memcpy(out, screen->held, length);
    return length;
}

/* How many bytes a UTF-8 character has that begins with this one; 0 if none does (RFC 3629). */
static size_t utf8_length(unsigned char byte)
{
    return byte >= 0xc2 && byte <= 0xdf   ? 2
           : byte >= 0xe0 && byte <= 0xef ? 3
           : byte >= 0xf0 && byte <= 0xf4 ? 4
                                          : 0;
}

/* No C1 control, and nothing that is invisible or turns the direction of text around. */
static bool character_is_safe(const char *held, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)held;
    uint32_t code = bytes[0] & (0x7fu >> length);

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3f);
    if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff)))
        return false;
    return code >= 0xa0 && !(code >= 0xd800 && code <= 0xdfff) &&
           !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
           !(code >= 0x2060 && code <= 0x206f) && code != 0xad && code != 0x61c && code != 0xfeff &&
           !(code >= 0xfff9 && code <= 0xfffb) && code < 0xe0000;
}

/* A byte with nothing held. */
static size_t plain_byte(struct screen *screen, char byte, char *out)
{
    if (byte == ESC || utf8_length((unsigned char)byte) != 0) {
        hold(screen, byte);
        return 0;
    }
    return terminal_clean(&byte, 1, KEPT, out);
}

/* A byte of a UTF-8 character that has begun. */
static size_t character_byte(struct screen *screen, char byte, char *out)
{
    size_t written;

    if (((unsigned char)byte & 0xc0) != 0x80) {
        written = release(screen, false, out);
        return written + plain_byte(screen, byte, out + written);
    }
    hold(screen, byte);
    if (screen->length < utf8_length((unsigned char)screen->held[0]))
        return 0;
    if (character_is_safe(screen->held, screen->length))
        return release(screen, true, out);
    screen->length = 0;
    *out = '?';
    return 1;
}

/* A byte of a sequence that has begun with ESC. */
static size_t sequence_byte(struct screen *screen, char byte, char *out)
{
    const bool begins = screen->length == 1 && byte && strchr("[()", byte);
    bool goes_on = false, obey = false;
    char kind = byte;
    size_t written;

    if (screen->length > 1)
        kind = screen->held[1];
    if (begins)
        goes_on = true;
    else if (kind == '[')
        goes_on = byte >= 0x20 && byte <= 0x3f;
    if (goes_on && hold(screen, byte))
        return 0;
    if (!goes_on && byte >= 0x30 && byte <= 0x7e && hold(screen, byte)) {
        if (kind == '[') {
            screen->held[screen->length - 1] = '\0';
            obey = control_is_safe(screen, screen->held + 2, byte);
            screen->held[screen->length - 1] = byte;
            if (!obey) { /* a question, such as a shell's for the cursor's place: it is not text */
                screen->length = 0;
                return 0;
            }
        } else if (kind == '(' || kind == ')') {
            note(screen, CHARSETS);
            obey = byte == 'B' || byte == '0';
        } else {
            obey = escape_is_safe(screen, byte);
        }
        return release(screen, obey, out);
    }
    written = release(screen, false, out);
    return written + plain_byte(screen, byte, out + written);
}

size_t screen_filter(struct screen *screen, const char *in, size_t length, char *out)
{
    size_t written = 0;

    for (size_t i = 0; i < length; i++) {
        if (screen->length == 0)
            written += plain_byte(screen, in[i], out + written);
        else if (screen->held[0] == ESC)
            written += sequence_byte(screen, in[i], out + written);
        else
            written += character_byte(screen, in[i], out + written);
    }
    return written;
}

size_t screen_end(struct screen *screen, char *out)
{
    size_t written = release(screen, false, out);

    for (unsigned change = 0; change < sizeof(undo) / sizeof(undo[0]); change++)
        if ((screen->changes & 1u << change) != 0) {
            memcpy(out + written, undo[change], strlen(undo[change]));
            written += strlen(undo[change]);
        }
    screen->changes = 0;
    return written;
}
