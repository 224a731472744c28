/* What the files of the line discipline share. */
#ifndef LINUX_LINE_H
#define LINUX_LINE_H

#include "tty.h"

/* Marks of bytes of input. */
#define LINE_END 0x100u /* the line ends behind it */
#define FILE_END 0x200u /* ^D: a line's end that is no byte */

#define TAB 8u

static inline bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Of a character of more than one byte. */
static inline bool continues_character(const struct tty *tty, uint8_t byte)
{
    return (tty->settings.c_iflag & IUTF8) != 0 && (byte & 0xc0) == 0x80;
}

static inline bool is_canonical(const struct tty *tty)
{
    return tty_has(tty, ICANON);
}

static inline uint16_t *line_at(struct tty *tty, size_t index)
{
    return &tty->input[(tty->first + index) % TTY_INPUT];
}

static inline void wake_reader(struct tty *tty)
{
    wake_all(&tty->readable);
    poll_wake();
}

#endif
