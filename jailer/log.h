/*
 * The log: lines of the jails and of the supervisor, on their way to the user's standard error.
 * Nothing waits for its reader: the jails' lines are read at once, and a line for which there is no
 * room, or that is beyond its jail's budget for the minute, is dropped and counted; the log says
 * how many were.
 */
#ifndef SPARKLER_LOG_H
#define SPARKLER_LOG_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#define LOG_BUFFER 32768 /* for the lines of the jails */
#define LOG_OWN    4096  /* more, for those of the supervisor */

/* The user's log, descriptor FD_LOG. */
struct user_log {
    bool is_terminal;
    bool may_wait;         /* see stream.h */
    size_t most;           /* bytes that the jails may write in all; 0: no limit */
    size_t taken;          /* bytes so far */
    rlim_t file_limit;     /* the size up to which it may grow; 0 if it is no file */
    size_t start, end;     /* what is still to be written of buffer, whole lines */
    unsigned long dropped; /* lines, not told so far */
    unsigned long lost;    /* the same, in all */
    unsigned long told;    /* as many the buffer's last word about that tells of; 0: none */
    long long tell_at;     /* when to tell, timing_now() */
    char buffer[LOG_BUFFER + LOG_OWN];
};

/* A jail's log. */
struct log {
    int from;            /* its pipe, which does not block; -1 when it has ended */
    const char *program; /* each line starts with this name, so that no program speaks as another */
    bool ended;          /* its process is dead: its last words are kept */
    long long rests_until; /* it is not read until then; timing_now() */
    long long minute_ends;
    size_t budget; /* bytes that may still come in this minute */
    size_t length;
    char line[512];
};

/* Makes FD_LOG non-blocking, as far as that is possible (stream.h). */
void user_log_open(struct user_log *log);

/* Limits how far the calling process can make any file grow: the log by a GiB; others have at most
 * `others` bytes. SIGXFSZ must be blocked. */
void user_log_limit(const struct user_log *log, rlim_t others);

/* Adds a line of the supervisor's own, in the form of warnx(3). */
void user_log_say(struct user_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What to poll for, and what to do when that has come. */
struct pollfd user_log_poll(const struct user_log *log);
void user_log_write(struct user_log *log);

/* Says how many lines were dropped, if any were: every ten seconds when there is room, and at the
 * end. */
void user_log_tell(struct user_log *log, bool at_the_end);

/* Writes what is left, but does not wait longer than a second for it to be taken. */
void user_log_finish(struct user_log *log);

/* When to call user_log_tell() next; LLONG_MAX: never. */
long long user_log_wakes(const struct user_log *log);

/* What to poll for; nothing while the log rests. */
struct pollfd log_poll(const struct log *log);

/* When to poll a resting log again; LLONG_MAX: it does not rest. */
long long log_wakes(const struct log *log);

/* Moves what is in the jail's pipe, which must be readable, to the user's log. */
void log_move(struct log *log, struct user_log *out);

#endif
