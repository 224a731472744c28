/* The line discipline's output: what of a program's bytes reaches the terminal. */
#include "kernel.h"
#include "line.h"

static size_t convert_tab(struct tty *tty, uint8_t *to)
{
    const size_t width = TAB - tty->column % TAB;

    tty->column += width;
    if ((tty->settings.c_oflag & TABDLY) != XTABS) {
        to[0] = '\t';
        return 1;
    }
    memset(to, ' ', width);
    return width;
}

static size_t convert_newline(struct tty *tty, uint8_t *to)
{
    const tcflag_t flags = tty->settings.c_oflag;

    if ((flags & (ONLCR | ONLRET)) != 0)
        tty->column = 0;
    if ((flags & ONLCR) == 0) {
        to[0] = '\n';
        return 1;
    }
    to[0] = '\r';
    to[1] = '\n';
    return 2;
}

static size_t convert_return(struct tty *tty, uint8_t *to)
{
    const tcflag_t flags = tty->settings.c_oflag;

    if ((flags & ONOCR) != 0 && tty->column == 0)
        return 0;
    to[0] = '\r';
    if ((flags & OCRNL) != 0)
        to[0] = '\n';
    if ((flags & OCRNL) == 0 || (flags & ONLRET) != 0)
        tty->column = 0;
    return 1;
}

/* One byte of output makes at most TAB bytes. */
static size_t convert(struct tty *tty, uint8_t byte, uint8_t *to)
{
    to[0] = byte;
    if ((tty->settings.c_oflag & OPOST) == 0)
        return 1;
    switch (byte) {
    case '\n':
        return convert_newline(tty, to);
    case '\r':
        return convert_return(tty, to);
    case '\t':
        return convert_tab(tty, to);
    case '\b':
        tty->column -= tty->column > 0;
        return 1;
    default:
        tty->column += !is_control(byte) && !continues_character(tty, byte);
        return 1;
    }
}

size_t line_convert(struct tty *tty, const uint8_t *bytes, size_t *size, uint8_t *to, size_t room)
{
    size_t done = 0, made = 0;

    while (done < *size && made + TAB <= room)
        made += convert(tty, bytes[done++], to + made);
    *size = done;
    return made;
}
