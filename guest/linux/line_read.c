/* The line discipline's other end: what a program reads of its lines, and its settings. */
#include "kernel.h"
#include "line.h"

#include <asm/errno.h>

bool line_has_input(const struct tty *tty, size_t least)
{
    return is_canonical(tty) ? tty->ready > 0 : tty->count >= least;
}

size_t line_length(const struct tty *tty)
{
    size_t length = 0;

    if (!is_canonical(tty))
        return tty->count;
    for (size_t i = 0; i < tty->ready; i++)
        length += tty->input[(tty->first + i) % TTY_INPUT] != FILE_END;
    return length;
}

static uint16_t take(struct tty *tty)
{
    const uint16_t entry = *line_at(tty, 0);

    tty->first = (tty->first + 1) % TTY_INPUT;
    tty->count--;
    tty->ready -= tty->ready > 0;
    return entry;
}

/* Takes what is left of a line, or in raw mode of all, into a buffer: how much. */
static size_t take_part(struct tty *tty, uint8_t *to, size_t size, bool *ends)
{
    const bool by_line = is_canonical(tty);
    size_t done = 0;

    while (!*ends && tty->count > 0 && (done < size || (by_line && *line_at(tty, 0) == FILE_END))) {
        const uint16_t entry = take(tty);

        if (!by_line || entry != FILE_END)
            to[done++] = (uint8_t)entry;
        *ends = by_line && (entry & (LINE_END | FILE_END)) != 0;
    }
    *ends |= tty->count == 0;
    return done;
}

long line_take(struct tty *tty, struct iter *to)
{
    bool ends = false;
    long done = 0;

    while (!ends && to->left > 0) {
        uint8_t part[256];
        const size_t size = to->left < sizeof(part) ? to->left : sizeof(part);
        const long length = (long)take_part(tty, part, size, &ends);
        const long put = iter_put(to, part, (size_t)length);

        if (put < length)
            return done > 0 ? done : -EFAULT;
        done += length;
    }
    wake_all(&tty->has_room);
    poll_wake();
    return done;
}

/* What was typed for the other mode is read in this one, as a line that has ended. */
static void change_mode(struct tty *tty)
{
    for (size_t i = 0; i < tty->count; i++)
        *line_at(tty, i) &= 0xff;
    tty->ready = 0;
    if (is_canonical(tty) && tty->count > 0) {
        *line_at(tty, tty->count - 1) |= LINE_END;
        tty->ready = tty->count;
    }
    if (line_has_input(tty, 1))
        wake_reader(tty);
}

void line_set(struct tty *tty, const struct termios *settings)
{
    const bool was_canonical = is_canonical(tty);
    const bool had_flow = (tty->settings.c_iflag & IXON) != 0;

    tty->settings = *settings;
    if (was_canonical != is_canonical(tty))
        change_mode(tty);
    if (had_flow && (settings->c_iflag & IXON) == 0 && tty->is_stopped)
        line_stop(tty, false);
}
