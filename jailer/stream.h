/*
 * Pipes, and the user's own descriptors that the supervisor reads from and writes to: the terminal
 * and the log. These may be anything, and whoever is at the other end may have stopped; nothing
 * here waits for that.
 */
#ifndef SPARKLER_STREAM_H
#define SPARKLER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Makes a close-on-exec pipe: what is written to ends[1] is read from ends[0]. Ends the program by
 * err(3) if it cannot. */
void stream_pipe(int ends[2]);

/*
 * Replaces a pipe or a terminal by a non-blocking description of our own, opened by /proc/self/fd
 * for O_RDONLY or O_WRONLY: the flag on the given one would be shared with the user's shell. A file
 * needs none. Returns true if that is not possible, as with a socket or a file of another user, and
 * read(2) or write(2) may block although poll(2) has found the descriptor ready.
 */
bool stream_unblock(int fd, int access);

/*
 * read(2) and write(2), for a descriptor that poll(2) has found ready. If they may block, a timer
 * interrupts them after a moment (EINTR): poll does not promise that this many bytes can be moved,
 * and others may read or write there, too.
 */
ssize_t stream_read(int fd, bool may_wait, char *text, size_t size);
ssize_t stream_write(int fd, bool may_wait, const char *text, size_t length);

/* Whether it failed only because it would have blocked. */
bool stream_again(void);

#endif
