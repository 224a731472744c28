/*
 * The user's terminal. It stays with the supervisor: a process that holds one could type into it
 * (TIOCSTI), change it for others, or be changed by them. The jails have pipes, and what comes out
 * of them is made harmless before it is shown.
 */
#ifndef SPARKLER_TERMINAL_H
#define SPARKLER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define RELAY_BUFFER 4096

/* Bytes on their way from one descriptor to another; -1 where there is nothing to relay. */
struct relay {
    int from, to;
    bool clean;      /* make escape sequences harmless on the way */
    bool from_waits; /* see stream.h */
    bool to_waits;
    bool to_stays;     /* `to` is not closed at the end */
    bool ends_line;    /* a line that is not complete is, at the end of what comes */
    bool in_line;      /* the last byte was no '\n' */
    size_t start, end; /* what is still to be written of buffer */
    char buffer[2 * RELAY_BUFFER];
};

/*
 * Copies `length` bytes from `in` to `out` as a terminal may show them: printable ASCII and those
 * of the controls `kept` as they are, other controls in caret notation, all else as '?'. `out` has
 * room for twice the length. Returns the bytes written.
 */
size_t terminal_clean(const char *in, size_t length, const char *kept, char *out);

/* Lets keys through one at a time, unless it is no terminal; `saved` is what to restore. */
void terminal_key_mode(int fd, struct termios *saved);
void terminal_restore(int fd, const struct termios *saved);

/* Whether another process group than `group`, ours, has the terminal: a job of the shell that goes
 * on by bg, or the shell itself. */
bool terminal_is_others(int fd, pid_t group);

/* What to poll for: the events of relay->from or relay->to, whichever is to be waited for. */
struct pollfd;
struct pollfd relay_poll(const struct relay *relay);

/* Moves what can be moved without waiting. At the end of either side both are closed. */
void relay_move(struct relay *relay);

#endif
