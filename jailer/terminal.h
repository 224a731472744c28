/*
 * The user's terminal. It stays with the supervisor: a process that holds one could type into it
 * (TIOCSTI), change it for others, or be changed by them. The jails have pipes, and what comes out
 * of them is made harmless before it is shown.
 */
#ifndef SPARKLER_TERMINAL_H
#define SPARKLER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define RELAY_BUFFER 4096

/* Bytes on their way from one descriptor to another; -1 where there is nothing to relay. */
struct relay {
    int from, to;
    bool clean;        /* make escape sequences harmless on the way */
    size_t start, end; /* what is still to be written of buffer */
    char buffer[2 * RELAY_BUFFER];
};

/* Lines of a jail's log on their way to the user's. */
struct log {
    int from;            /* -1 when it has ended */
    const char *program; /* each line starts with this name, so that no program speaks as another */
    size_t length;
    char line[512];
};

/*
 * Copies `length` bytes from `in` to `out` as a terminal may show them: printable ASCII, '\n',
 * '\r', '\t' and '\b' as they are, other controls in caret notation, all else as '?'. `out` has
 * room for twice the length. Returns the bytes written.
 */
size_t terminal_clean(const char *in, size_t length, char *out);

/* Lets keys through one at a time, unless it is no terminal; `saved` is what to restore. */
void terminal_key_mode(int fd, struct termios *saved);
void terminal_restore(int fd, const struct termios *saved);

/* Replaces a terminal's descriptor by a non-blocking one of our own, since the flag on the given
 * one would be shared with the user's shell. Where that is not permitted it stays as it is. */
void terminal_unblock(int fd);

/* What to poll for: the events of relay->from or relay->to, whichever is to be waited for. */
struct pollfd;
struct pollfd relay_poll(const struct relay *relay);

/* Moves what can be moved without waiting. At the end of either side both are closed. */
void relay_move(struct relay *relay);

/* Reads from the log's pipe, without waiting, and prints whole lines to stderr. */
void log_move(struct log *log);

#endif
