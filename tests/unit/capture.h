/*
 * What a function writes to the log (descriptor 2), as a text: between capture() and captured()
 * the log is a pipe, which takes 64 KiB.
 */
#ifndef SPARKLER_CAPTURE_H
#define SPARKLER_CAPTURE_H

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

struct capture {
    int log, pipe; /* the log as it was; the pipe's end for reading */
    char text[8192];
};

static inline void capture(struct capture *capture)
{
    int ends[2];

    if ((capture->log = dup(STDERR_FILENO)) < 0 || pipe2(ends, O_CLOEXEC) != 0 ||
        dup2(ends[1], STDERR_FILENO) < 0)
        err(1, "cannot put a pipe in the log's place");
    close(ends[1]);
    capture->pipe = ends[0];
}

/* Puts the log back; returns what was written meanwhile. */
static inline const char *captured(struct capture *capture)
{
    size_t length = 0;
    ssize_t count;

    dup2(capture->log, STDERR_FILENO);
    close(capture->log);
    while ((count = read(capture->pipe, capture->text + length,
                         sizeof(capture->text) - 1 - length)) > 0)
        length += (size_t)count;
    close(capture->pipe);
    capture->text[length] = '\0';
    return capture->text;
}

#endif
