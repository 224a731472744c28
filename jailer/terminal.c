/* The user's terminal: see terminal.h. */
#include "terminal.h"

#include "stream.h"
#include "timing.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ESCAPE_KEY   ('\x1d') /* Ctrl-], as systemd-nspawn(1) has it */
#define ESCAPE_COUNT 3

size_t terminal_clean(const char *in, size_t length, const char *kept, char *out)
{
    char *next = out;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)in[i];

        if ((byte >= ' ' && byte <= '~') || (byte != '\0' && strchr(kept, byte))) {
            *next++ = (char)byte;
        } else if (byte < ' ' || byte == 0x7f) {
            *next++ = '^';
            *next++ = (char)(byte ^ 0x40);
        } else {
            *next++ = '?';
        }
    }
    return (size_t)(next - out);
}

void terminal_key_mode(int fd, struct termios *saved)
{
    struct termios mode;

    if (tcgetattr(fd, saved) != 0)
        return;
    mode = *saved;
    mode.c_lflag &= ~(tcflag_t)ICANON;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    tcsetattr(fd, TCSANOW, &mode);
}

void terminal_raw_mode(int fd, struct termios *saved, bool output)
{
    struct termios mode;

    if (tcgetattr(fd, saved) != 0)
        return;
    mode = *saved;
    cfmakeraw(&mode);
    if (!output)
        mode.c_oflag = saved->c_oflag;
    tcsetattr(fd, TCSANOW, &mode);
}

bool terminal_escapes(struct escape *escape, const char *keys, size_t length, long long now)
{
    for (size_t i = 0; i < length; i++) {
        if (keys[i] != ESCAPE_KEY || now - escape->began > TIMING_SECOND)
            escape->count = 0;
        if (keys[i] != ESCAPE_KEY)
            continue;
        if (escape->count++ == 0)
            escape->began = now;
        if (escape->count == ESCAPE_COUNT)
            return true;
    }
    return false;
}

void terminal_restore(int fd, const struct termios *saved)
{
    tcsetattr(fd, TCSANOW, saved);
}

bool terminal_is_others(int fd, pid_t group)
{
    pid_t foreground = tcgetpgrp(fd);

    return foreground >= 0 && foreground != group; /* -1: not the terminal that controls us */
}

struct pollfd relay_poll(const struct relay *relay)
{
    if (relay->start < relay->end)
        return (struct pollfd){.fd = relay->to, .events = POLLOUT};
    return (struct pollfd){.fd = relay->from, .events = POLLIN};
}

static void relay_close(struct relay *relay)
{
    close(relay->from);
    if (!relay->to_stays)
        close(relay->to);
    relay->from = relay->to = -1;
    relay->start = relay->end = 0;
}

/* What the end of the input leaves to be written: the terminal's state, and a newline if one is
 * due.
 */
static size_t last_bytes(struct relay *relay)
{
    size_t length = screen_end(&relay->screen, relay->buffer);

    if (relay->ends_line && relay->in_line) {
        relay->buffer[length++] = '\r';
        relay->buffer[length++] = '\n';
        relay->in_line = false;
    }
    return length;
}

static size_t filter(struct relay *relay, const char *raw, size_t length)
{
    switch (relay->filter) {
    case FILTER_CLEAN:
        return terminal_clean(raw, length, "\n\r\t\b", relay->buffer);
    case FILTER_SCREEN:
        return screen_filter(&relay->screen, raw, length, relay->buffer);
    default:
        memcpy(relay->buffer, raw, length);
        return length;
    }
}

/* Fills the empty buffer. Returns false if there is nothing to write. */
static bool take(struct relay *relay)
{
    char raw[RELAY_BUFFER];
    ssize_t n = stream_read(relay->from, relay->from_waits, raw, sizeof(raw));

    if (n < 0 && stream_again())
        return false;
    relay->start = 0;
    if (n <= 0) {
        relay->end = last_bytes(relay);
        if (relay->end == 0)
            relay_close(relay);
        return relay->end > 0;
    }
    relay->bytes += (size_t)n;
    if (relay->is_raw && terminal_escapes(&relay->escape, raw, (size_t)n, timing_now()))
        relay->escaped = true;
    relay->end = filter(relay, raw, (size_t)n);
    relay->in_line = raw[n - 1] != '\n';
    return relay->end > 0;
}

void relay_move(struct relay *relay)
{
    ssize_t n;

    if (relay->start == relay->end && !take(relay))
        return;
    n = stream_write(relay->to, relay->to_waits, relay->buffer + relay->start,
                     relay->end - relay->start);
    if (n >= 0)
        relay->start += (size_t)n;
    else if (!stream_again())
        relay_close(relay);
}
