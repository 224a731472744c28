/* The log: see log.h. */
#include "log.h"

#include "stream.h"
#include "terminal.h"
#include "timing.h"

#include "policy/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_SIZE   65536     /* pipe(7) */
#define FILE_GROWTH (1 << 30) /* while one VM runs */
#define BUDGET      65536     /* bytes that a jail may have on the log in a minute */
#define REST        (TIMING_SECOND / 10)
#define PATIENCE    TIMING_SECOND
#define LAST_WORDS  1024 /* always kept at the end of a jail: why it ended */

void user_log_open(struct user_log *log)
{
    struct stat status;

    if (fstat(FD_LOG, &status) == 0 && S_ISREG(status.st_mode)) {
        log->file_limit = (rlim_t)status.st_size + FILE_GROWTH;
        return;
    }
    log->is_terminal = isatty(FD_LOG);
    log->may_wait = stream_unblock(FD_LOG, O_WRONLY);
}

void user_log_limit(const struct user_log *log, rlim_t others)
{
    const rlim_t most = log->file_limit > others ? log->file_limit : others;
    struct rlimit limit = {0};

    /* a lower one stays */
    if (most != 0 && (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_max < most))
        return;
    limit.rlim_cur = limit.rlim_max = most;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void drop(struct user_log *log, unsigned long lines)
{
    const long long soon = timing_now() + TIMING_SECOND;

    if (log->dropped == 0 && log->tell_at < soon)
        log->tell_at = soon;
    log->dropped += lines;
    log->lost += lines;
}

/* The jails' lines have had all the bytes that they may. */
static bool is_full(const struct user_log *log)
{
    return log->most != 0 && log->taken >= log->most;
}

/* Adds a line, if it fits in the first `room` bytes of the buffer. A terminal may be in raw mode,
 * and needs a carriage return, too. */
static bool add(struct user_log *log, const char *line, size_t length, size_t room)
{
    const size_t more = log->is_terminal;

    memmove(log->buffer, log->buffer + log->start, log->end - log->start);
    log->end -= log->start;
    log->start = 0;
    if (log->end + length + more > room ||
        (log->most != 0 && log->taken + length > log->most + (room - LOG_BUFFER))) {
        drop(log, 1);
        return false;
    }
    log->taken += length;
    memcpy(log->buffer + log->end, line, length);
    log->end += length + more;
    if (more != 0)
        memcpy(log->buffer + log->end - 2, "\r\n", 2);
    return true;
}

void user_log_say(struct user_log *log, const char *format, ...)
{
    char line[1024] = "jailer: ";
    size_t length = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + length, sizeof(line) - length, format, arguments);
    va_end(arguments);
    length = strlen(line);
    line[length++] = '\n'; /* in the place of the NUL */
    add(log, line, length, sizeof(log->buffer));
}

struct pollfd user_log_poll(const struct user_log *log)
{
    return (struct pollfd){.fd = log->start < log->end ? FD_LOG : -1, .events = POLLOUT};
}

/* The buffer cannot be written: the disk is full, or the reader has gone. */
static void lose(struct user_log *log)
{
    unsigned long lines = log->told;

    for (size_t i = log->start; i < log->end; i++)
        lines += log->buffer[i] == '\n';
    if (log->told != 0)
        lines--;            /* that one only told */
    log->lost -= log->told; /* which are counted again */
    log->start = log->end = log->told = 0;
    drop(log, lines);
}

void user_log_write(struct user_log *log)
{
    ssize_t n =
        stream_write(FD_LOG, log->may_wait, log->buffer + log->start, log->end - log->start);

    if (n >= 0)
        log->start += (size_t)n;
    else if (!stream_again())
        lose(log);
    if (log->start == log->end)
        log->told = 0;
}

void user_log_tell(struct user_log *log, bool at_the_end)
{
    const unsigned long dropped = log->dropped;

    if (dropped == 0 || (!at_the_end && user_log_wakes(log) > timing_now()))
        return;
    if (!at_the_end && is_full(log)) { /* its last words need the rest */
        log->tell_at = LLONG_MAX;
        return;
    }
    log->dropped = 0;
    log->told = dropped;
    log->tell_at = timing_now() + 10 * TIMING_SECOND;
    user_log_say(log, "%lu lines of the log were dropped", dropped);
}

void user_log_finish(struct user_log *log)
{
    const long long deadline = timing_now() + PATIENCE;
    struct pollfd polled;

    user_log_tell(log, true);
    while (polled = user_log_poll(log),
           polled.fd >= 0 && poll(&polled, 1, timing_ms_until(deadline)) > 0)
        user_log_write(log);
}

long long user_log_wakes(const struct user_log *log)
{
    return log->dropped != 0 && log->start == log->end ? log->tell_at : LLONG_MAX;
}

struct pollfd log_poll(const struct log *log)
{
    return (struct pollfd){.fd = log_wakes(log) == LLONG_MAX ? log->from : -1, .events = POLLIN};
}

long long log_wakes(const struct log *log)
{
    return log->rests_until > timing_now() ? log->rests_until : LLONG_MAX;
}

/* A line of a jail's, made harmless. Returns false if it was dropped. */
static bool log_line(struct log *log, struct user_log *out, bool last_words)
{
    char line[2 * sizeof(log->line) + 64];
    const size_t name = strlen(log->program);
    size_t length = 0;

    if (log->length < name + 2 || memcmp(log->line, log->program, name) != 0 ||
        memcmp(log->line + name, ": ", 2) != 0)
        length = (size_t)snprintf(line, sizeof(line), "%s: ", log->program);
    length += terminal_clean(log->line, log->length, "\t", line + length);
    line[length++] = '\n';
    log->length = 0;
    if (log->budget < length && !last_words) {
        drop(out, 1);
        return false;
    }
    log->budget -= log->budget < length ? log->budget : length;
    return add(out, line, length, LOG_BUFFER);
}

static void refill(struct log *log)
{
    const long long now = timing_now();

    if (now < log->minute_ends)
        return;
    log->minute_ends = now + 60 * TIMING_SECOND;
    log->budget = BUDGET;
}

void log_move(struct log *log, struct user_log *out)
{
    static char raw[PIPE_SIZE]; /* static, so that its pages cost nothing until they are used */
    const ssize_t n = read(log->from, raw, sizeof(raw));
    bool all = true;

    if (n < 0 && stream_again())
        return;
    refill(log);
    for (ssize_t i = 0; i < n; i++) {
        if (raw[i] != '\n')
            log->line[log->length++] = raw[i];
        if (raw[i] == '\n' || log->length == sizeof(log->line))
            all &= log_line(log, out, log->ended && n - i <= LAST_WORDS);
    }
    if (n <= 0) {
        if (log->length > 0)
            log_line(log, out, true);
        close(log->from);
        log->from = -1;
    }
    if (!all) /* or a flood would keep the supervisor busy */
        log->rests_until = timing_now() + REST;
}
