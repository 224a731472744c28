/*
 * The user's terminal. Only the supervisor holds it: a process with a terminal can type into it
 * (TIOCSTI) and change its modes. The jails have pipes, whose output is made harmless before it is
 * shown.
 */
#ifndef SPARKLER_TERMINAL_H
#define SPARKLER_TERMINAL_H

#include "screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define RELAY_BUFFER 4096

/* What becomes of the bytes on their way. */
enum filter {
    FILTER_NONE,
    FILTER_CLEAN, /* terminal_clean() */
    FILTER_SCREEN /* screen.h */
};

/* How often Ctrl-] has been typed in a row, and since when. */
struct escape {
    unsigned count;
    long long began;
};

/* Bytes on their way from one descriptor to another; -1 where there is nothing to relay. */
struct relay {
    int from, to;
    enum filter filter;
    struct screen screen; /* of FILTER_SCREEN */
    bool from_waits;      /* see stream.h */
    bool to_waits;
    bool to_stays;  /* leave `to` open at the end */
    bool ends_line; /* complete the last line at the end of the input */
    bool in_line;   /* the last byte was no '\n' */
    bool is_raw;    /* all keys are the guest's, but for one that ends the VM: */
    bool escaped;   /* that one was typed */
    struct escape escape;
    unsigned long long bytes; /* read so far */
    size_t start, end;        /* what is still to be written of buffer */
    char buffer[2 * RELAY_BUFFER + SCREEN_END];
};

/*
 * Copies `length` bytes from `in` to `out`, safe for a terminal: printable ASCII and the controls
 * in `kept` unchanged, other controls in caret notation, everything else as '?'. `out` must hold
 * twice the length. Returns the bytes written.
 */
size_t terminal_clean(const char *in, size_t length, const char *kept, char *out);

/* Turns off line editing (ICANON) if `fd` is a terminal, and saves its mode. */
void terminal_key_mode(int fd, struct termios *saved);

/* Lets all keys through as they are, for a Linux program's own terminal; its output too if
 * `output`. */
void terminal_raw_mode(int fd, struct termios *saved, bool output);

/* Whether these keys complete the escape: Ctrl-] three times within a second. */
bool terminal_escapes(struct escape *escape, const char *keys, size_t length, long long now);

void terminal_restore(int fd, const struct termios *saved);

/* Whether another process group than `group`, ours, is in the foreground. */
bool terminal_is_others(int fd, pid_t group);

/* What to poll for: relay->from if the buffer is empty, or else relay->to. */
struct pollfd;
struct pollfd relay_poll(const struct relay *relay);

/* Moves what can be moved without waiting. At the end of either side both are closed. */
void relay_move(struct relay *relay);

#endif
