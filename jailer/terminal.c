/* The user's terminal: see terminal.h. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_PATIENCE_MS 1000 /* with a terminal that takes no more (Ctrl-S) */

size_t terminal_clean(const char *in, size_t length, char *out)
{
    char *next = out;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)in[i];

        if ((byte >= ' ' && byte <= '~') || (byte != '\0' && strchr("\n\r\t\b", byte) != NULL)) {
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
    tcsetattr(fd, TCSADRAIN, &mode);
}

void terminal_restore(int fd, const struct termios *saved)
{
    tcsetattr(fd, TCSADRAIN, saved);
}

void terminal_unblock(int fd)
{
    char path[32];
    int own;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0) {
        dup2(own, fd);
        close(own);
    }
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
    close(relay->to);
    relay->from = relay->to = -1;
    relay->start = relay->end = 0;
}

static bool again(void)
{
    return errno == EAGAIN || errno == EINTR;
}

void relay_move(struct relay *relay)
{
    char raw[RELAY_BUFFER];
    ssize_t n;

    if (relay->start == relay->end) {
        n = read(relay->from, raw, sizeof(raw));
        if (n < 0 && again())
            return;
        if (n <= 0) {
            relay_close(relay);
            return;
        }
        relay->start = 0;
        relay->end = (size_t)n;
        if (relay->clean)
            relay->end = terminal_clean(raw, (size_t)n, relay->buffer);
        else
            memcpy(relay->buffer, raw, (size_t)n);
    }
    n = write(relay->to, relay->buffer + relay->start, relay->end - relay->start);
    if (n >= 0)
        relay->start += (size_t)n;
    else if (!again())
        relay_close(relay);
}

/* The log may be a terminal that is stopped for a while, but may not stop the supervisor. */
static void log_write(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDERR_FILENO, text, length);
        struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};

        if (n < 0 && (errno != EAGAIN || poll(&log, 1, LOG_PATIENCE_MS) <= 0))
            return;
        if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
}

static void log_line(struct log *log)
{
    char line[2 * sizeof(log->line) + 64];
    size_t name = strlen(log->program), length = 0;

    if (log->length < name || memcmp(log->line, log->program, name) != 0)
        length = (size_t)snprintf(line, sizeof(line), "%s: ", log->program);
    length += terminal_clean(log->line, log->length, line + length);
    line[length++] = '\n';
    log_write(line, length);
    log->length = 0;
}

void log_move(struct log *log)
{
    char raw[RELAY_BUFFER];
    ssize_t n = read(log->from, raw, sizeof(raw));

    if (n < 0 && again())
        return;
    for (ssize_t i = 0; i < n; i++) {
        if (raw[i] != '\n')
            log->line[log->length++] = raw[i];
        if (raw[i] == '\n' || log->length == sizeof(log->line))
            log_line(log);
    }
    if (n <= 0) {
        if (log->length > 0)
            log_line(log);
        close(log->from);
        log->from = -1;
    }
}
