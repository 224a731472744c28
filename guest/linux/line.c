/*
 * The line discipline: what becomes of keys until a program reads them (line_read.c), and of what
 * it writes (line_output.c). It does as Linux' N_TTY does, byte for byte.
 */
#include "line.h"
#include "job.h"
#include "kernel.h"

#include <asm/signal.h>

static bool is_word(uint8_t byte)
{
    const uint8_t letter = byte | 0x20;

    return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool is_key(const struct tty *tty, unsigned index, uint8_t byte)
{
    return byte != 0 && tty->settings.c_cc[index] == byte;
}

/* ---- Echo ---- */

/* What the driver has no room for is lost, as on Linux, lest a key waits for the output. */
static void flush_echo(struct tty *tty)
{
    size_t part = tty->driver->room(tty);

    if (tty->is_stopped || tty->echo_count == 0)
        return;
    part = part < tty->echo_count ? part : tty->echo_count;
    tty->driver->write(tty, tty->echo, part);
    tty->echo_count = 0;
}

static void echo_raw(struct tty *tty, uint8_t byte)
{
    size_t one = 1;

    if (tty->echo_count + TAB > TTY_ECHO)
        flush_echo(tty);
    tty->echo_count +=
        line_convert(tty, &byte, &one, tty->echo + tty->echo_count, TTY_ECHO - tty->echo_count);
}

static bool is_shown_as_caret(const struct tty *tty, uint8_t byte)
{
    return tty_has(tty, ECHOCTL) && is_control(byte) && byte != '\t';
}

static void echo(struct tty *tty, uint8_t byte)
{
    if (is_shown_as_caret(tty, byte)) {
        echo_raw(tty, '^');
        byte ^= 0x40;
    }
    echo_raw(tty, byte);
}

static void echo_back(struct tty *tty, unsigned columns)
{
    while (columns-- > 0)
        echo_raw(tty, '\b');
}

/* ---- Input ---- */

/* A line that is too long takes more keys, the last of which replaces the one before: so it can be
 * ended, or killed. */
size_t line_room(const struct tty *tty)
{
    if (tty->count < TTY_INPUT - 1)
        return TTY_INPUT - 1 - tty->count;
    return is_canonical(tty) && tty->ready == 0 ? 1 : 0;
}

static void put(struct tty *tty, unsigned entry)
{
    if (tty->count == TTY_INPUT)
        tty->count--;
    *line_at(tty, tty->count++) = (uint16_t)entry;
    if ((entry & (LINE_END | FILE_END)) != 0)
        tty->ready = tty->count;
    if (!is_canonical(tty) || tty->ready == tty->count)
        wake_reader(tty);
}

static void wake_writers(struct tty *tty)
{
    wake_all(tty->writable);
    wake_all(&tty->has_room);
    poll_wake();
}

void line_flush(struct tty *tty)
{
    tty->first = tty->count = tty->ready = 0;
    tty->takes_literally = false;
    wake_writers(tty);
}

void line_stop(struct tty *tty, bool stop)
{
    tty->is_stopped = stop;
    if (stop)
        return;
    flush_echo(tty);
    wake_writers(tty);
}

/* The column behind the first `length` bytes of the line that is typed. */
static unsigned column_of(struct tty *tty, size_t length)
{
    unsigned column = tty->line_column;

    for (size_t i = tty->ready; i < tty->ready + length; i++) {
        const uint8_t byte = (uint8_t)*line_at(tty, i);

        if (byte == '\t')
            column += TAB - column % TAB;
        else if (is_shown_as_caret(tty, byte))
            column += 2;
        else if (!is_control(byte) && !continues_character(tty, byte))
            column++;
    }
    return column;
}

/* Shows that the last bytes, which `tty` no longer counts, are gone. */
static void echo_erasure(struct tty *tty, size_t bytes)
{
    const size_t left = tty->count - tty->ready;
    const uint8_t first = (uint8_t)*line_at(tty, tty->count);
    unsigned columns = column_of(tty, left + bytes) - column_of(tty, left);

    if (first == '\t') {
        echo_back(tty, columns);
        return;
    }
    while (columns-- > 0) {
        echo_raw(tty, '\b');
        echo_raw(tty, ' ');
        echo_raw(tty, '\b');
    }
}

/* Takes the last character off the line: its first byte. `may_erase` says whether to. */
static size_t last_character(struct tty *tty, uint8_t *first)
{
    size_t bytes = 0;

    do
        *first = (uint8_t)*line_at(tty, tty->count - ++bytes);
    while (continues_character(tty, *first) && tty->ready + bytes < tty->count);
    return bytes;
}

enum erasure { ERASE_CHARACTER, ERASE_WORD, ERASE_LINE };

static void erase(struct tty *tty, enum erasure what)
{
    bool in_word = false;

    while (tty->count > tty->ready) {
        uint8_t first;
        const size_t bytes = last_character(tty, &first);

        if (continues_character(tty, first) || (what == ERASE_WORD && in_word && !is_word(first)))
            break;
        in_word |= is_word(first);
        tty->count -= bytes;
        if (tty_has(tty, ECHO) && what == ERASE_CHARACTER && !tty_has(tty, ECHOE))
            echo(tty, tty->settings.c_cc[VERASE]);
        else if (tty_has(tty, ECHO))
            echo_erasure(tty, bytes);
        if (what == ERASE_CHARACTER)
            break;
    }
}

static void kill_line(struct tty *tty)
{
    const bool shows = tty_has(tty, ECHOK) && tty_has(tty, ECHOKE) && tty_has(tty, ECHOE);

    if (tty->count == tty->ready)
        return;
    if (tty_has(tty, ECHO) && shows) {
        erase(tty, ERASE_LINE);
        return;
    }
    tty->count = tty->ready;
    if (!tty_has(tty, ECHO))
        return;
    echo(tty, tty->settings.c_cc[VKILL]);
    if (tty_has(tty, ECHOK))
        echo_raw(tty, '\n');
}

static void reprint(struct tty *tty, uint8_t key)
{
    echo(tty, key);
    echo_raw(tty, '\n');
    for (size_t i = tty->ready; i < tty->count; i++)
        echo(tty, (uint8_t)*line_at(tty, i));
}

/* Keys that edit the line, or end it: true if this was one. */
static bool edit(struct tty *tty, uint8_t byte)
{
    const bool extended = tty_has(tty, IEXTEN), shows = tty_has(tty, ECHO);

    if (is_key(tty, VERASE, byte)) {
        erase(tty, ERASE_CHARACTER);
    } else if (is_key(tty, VKILL, byte)) {
        kill_line(tty);
    } else if (extended && is_key(tty, VWERASE, byte)) {
        erase(tty, ERASE_WORD);
    } else if (extended && is_key(tty, VLNEXT, byte)) {
        tty->takes_literally = true;
        if (shows && tty_has(tty, ECHOCTL)) {
            echo_raw(tty, '^');
            echo_raw(tty, '\b');
        }
    } else if (extended && shows && is_key(tty, VREPRINT, byte)) {
        reprint(tty, byte);
    } else if (byte == '\n') {
        if (shows || tty_has(tty, ECHONL))
            echo_raw(tty, '\n');
        put(tty, byte | LINE_END);
    } else if (is_key(tty, VEOF, byte)) {
        put(tty, FILE_END);
    } else if (is_key(tty, VEOL, byte) || (extended && is_key(tty, VEOL2, byte))) {
        if (shows)
            echo(tty, byte);
        put(tty, byte | LINE_END);
    } else {
        return false;
    }
    return true;
}

/* Keys that signal the foreground. */
static bool interrupt(struct tty *tty, uint8_t byte)
{
    const int number = is_key(tty, VINTR, byte)   ? SIGINT
                       : is_key(tty, VQUIT, byte) ? SIGQUIT
                       : is_key(tty, VSUSP, byte) ? SIGTSTP
                                                  : 0;

    if (number == 0 || !tty_has(tty, ISIG))
        return false;
    if (!tty_has(tty, NOFLSH)) {
        tty->echo_count = 0;
        line_flush(tty);
    }
    if ((tty->settings.c_iflag & IXON) != 0)
        line_stop(tty, false);
    if (tty_has(tty, ECHO))
        echo(tty, byte);
    flush_echo(tty);
    if (tty->foreground != 0)
        job_signal(tty->foreground, number);
    return true;
}

static bool control_flow(struct tty *tty, uint8_t byte)
{
    const tcflag_t flags = tty->settings.c_iflag;

    if ((flags & IXON) == 0)
        return false;
    if (is_key(tty, VSTART, byte) || is_key(tty, VSTOP, byte)) {
        line_stop(tty, !is_key(tty, VSTART, byte));
        return true;
    }
    if (tty->is_stopped && (flags & IXANY) != 0)
        line_stop(tty, false);
    return false;
}

static void take_literally(struct tty *tty, uint8_t byte)
{
    tty->takes_literally = false;
    if (tty_has(tty, ECHO)) {
        if (tty->count == tty->ready)
            tty->line_column = tty->column;
        if (byte == '\n' && !tty_has(tty, ECHOCTL))
            echo_raw(tty, byte);
        else
            echo(tty, byte);
    }
    put(tty, byte);
}

static void receive(struct tty *tty, uint8_t byte)
{
    const tcflag_t flags = tty->settings.c_iflag;

    if ((flags & ISTRIP) != 0)
        byte &= 0x7f;
    if (tty->takes_literally) {
        take_literally(tty, byte);
        return;
    }
    if (control_flow(tty, byte) || interrupt(tty, byte))
        return;
    if (byte == '\r' && (flags & IGNCR) != 0)
        return;
    if (byte == '\r' && (flags & ICRNL) != 0)
        byte = '\n';
    else if (byte == '\n' && (flags & INLCR) != 0)
        byte = '\r';
    if (is_canonical(tty) && tty->count == tty->ready)
        tty->line_column = tty->column;
    if (is_canonical(tty) && edit(tty, byte))
        return;
    if (tty_has(tty, ECHO) && byte == '\n')
        echo_raw(tty, byte);
    else if (tty_has(tty, ECHO))
        echo(tty, byte);
    put(tty, byte);
}

void line_receive(struct tty *tty, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        receive(tty, bytes[i]);
    flush_echo(tty);
}
