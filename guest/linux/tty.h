/*
 * Terminals: the console, and pseudo-terminals (pty.c). What both have in common is their settings,
 * the line discipline (line*.c), job control, and what a program does with their files (tty.c).
 */
#ifndef LINUX_TTY_H
#define LINUX_TTY_H

#include "schedule.h"
#include "vfs.h"

#include <asm/termbits.h>
#include <linux/termios.h>

enum { TTY_INPUT = 4096, TTY_ECHO = 256 };

struct tty {
    const struct tty_driver *driver;
    struct termios settings;
    struct winsize window;
    int session, foreground; /* whose terminal it is, and the process group that may read; or 0 */
    bool is_stopped;         /* output is, by ^S */
    bool is_hung_up;         /* nobody is at the other end any more */
    bool has_no_input;       /* to be read, it is at its end */
    bool takes_literally;    /* the next byte, after ^V */

    /* Input: bytes with marks, the first `ready` of which are whole lines. */
    uint16_t input[TTY_INPUT];
    size_t first, count, ready;
    struct wait_queue readable, has_room;

    /* Output */
    unsigned column;      /* of the cursor */
    unsigned line_column; /* where the line that is typed began */
    uint8_t echo[TTY_ECHO];
    size_t echo_count;
    struct wait_queue *writable;
};

struct tty_driver {
    /* How many bytes it takes now, and takes them. */
    size_t (*room)(const struct tty *tty);
    int (*write)(struct tty *tty, const uint8_t *bytes, size_t size);
    void (*opened)(struct tty *tty); /* one more file; NULL: nobody counts */
    void (*closed)(struct tty *tty);
};

/* ---- The line discipline (line.c, line_read.c, line_output.c) ---- */

static inline bool tty_has(const struct tty *tty, unsigned local_flag)
{
    return (tty->settings.c_lflag & local_flag) != 0;
}

size_t line_room(const struct tty *tty); /* for input */
void line_receive(struct tty *tty, const uint8_t *bytes, size_t size);
bool line_has_input(const struct tty *tty, size_t least);
size_t line_length(const struct tty *tty); /* of what may be read: FIONREAD */
long line_take(struct tty *tty, struct iter *to);
void line_flush(struct tty *tty);
void line_set(struct tty *tty, const struct termios *settings);
void line_stop(struct tty *tty, bool stop);

/* Output as the settings have it: makes bytes for at most `room`, of *size, which becomes how many
 * they stand for. */
size_t line_convert(struct tty *tty, const uint8_t *bytes, size_t *size, uint8_t *to, size_t room);

/* ---- Files (tty.c) ---- */

void tty_init(struct tty *tty, const struct tty_driver *driver, struct wait_queue *writable);

/* For operations->open of a terminal's file; it may become the session's. */
int tty_open(struct tty *tty, struct file *file);
long tty_ioctl(struct tty *tty, unsigned command, unsigned long argument);
void tty_hang_up(struct tty *tty);
void tty_resize(struct tty *tty, const struct winsize *window); /* tells the foreground, too */
void tty_leave_session(void); /* the running process ends, which may lead a session */

extern const struct file_operations tty_file;     /* one that is open; file->data is the tty */
extern const struct file_operations own_tty_file; /* /dev/tty */

/* The session's terminal: NULL if it has none. */
struct tty *console_of_session(int session);
struct tty *pty_of_session(int session);

#endif
