/*
 * What --console safe lets through to the terminal: text, colours, the cursor, erasing, and the
 * screen modes that full-screen programs use. Nothing that makes a terminal answer, sets its title,
 * its clipboard or its keys, or draws what the text does not say. Other control sequences (CSI) are
 * dropped; whatever else comes is shown and not obeyed, as terminal_clean() shows it.
 *
 * The sequences are those of ECMA-48 and of XTerm Control Sequences.
 */
#ifndef SPARKLER_SCREEN_H
#define SPARKLER_SCREEN_H

#include <stddef.h>

#define SCREEN_HELD 40

/* All zero at first. */
struct screen {
    char held[SCREEN_HELD]; /* the beginning of a sequence, or of a UTF-8 character */
    size_t length;
    unsigned changes; /* of the terminal's state, to be undone at the end */
};

/* Filters `length` bytes from `in` to `out`, which must hold twice as many, and SCREEN_HELD more.
 * Returns the bytes written. */
size_t screen_filter(struct screen *screen, const char *in, size_t length, char *out);

/* Shows what is held, and undoes all changes of the terminal's state. `out` must hold SCREEN_END
 * bytes. Returns the bytes written. */
#define SCREEN_END 256
size_t screen_end(struct screen *screen, char *out);

#endif
