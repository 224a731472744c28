/* Pipes and FIFOs, and the stream of bytes that they are made of, as sockets are, too (pipe.c). */
#ifndef LINUX_PIPE_H
#define LINUX_PIPE_H

#include "memory.h"
#include "schedule.h"
#include "vfs.h"

#define PIPE_PAGES 16

/* Freed when nobody reads or writes any more. */
struct pipe {
    uint8_t *pages[PIPE_PAGES]; /* a ring; each is there from its first use on */
    size_t first, count;        /* bytes */
    size_t capacity;            /* of the pages, what may be used */
    unsigned readers, writers;
    unsigned reader_opens, writer_opens; /* ever, of a FIFO */
    bool is_unnamed;                     /* both ends are opened by pipe(2) */
    struct wait_queue readable, writable, opened;
};

struct pipe *pipe_new(void); /* without readers and writers; NULL when memory is full */

struct pipe *pipe_of_file(const struct file *file); /* NULL: it is none */

/* F_SETPIPE_SZ, F_GETPIPE_SZ; -EBADF where the file is no pipe. */
long pipe_resize(struct file *file, size_t size);
long pipe_size(const struct file *file);

/* Bytes moved; 0 at the end, -EPIPE without a reader, -EAGAIN, -EINTR, -EFAULT, -ENOMEM. */
long pipe_take(struct pipe *pipe, struct iter *to, bool may_wait);
long pipe_give(struct pipe *pipe, struct iter *from, bool may_wait);
/* How many there are, or may come; or 0 and errors, as above. */
long pipe_wait_for_bytes(struct pipe *pipe, bool may_wait);
long pipe_wait_for_room(struct pipe *pipe, bool may_wait);
size_t pipe_peek(const struct pipe *pipe, uint8_t **bytes); /* the next of them, which stay there */
void pipe_drop(struct pipe *pipe, size_t size);
unsigned pipe_events(const struct pipe *pipe, bool reader, bool writer); /* POLLIN, POLLOUT… */
void pipe_leave(struct pipe *pipe, bool reader, bool writer);

extern const struct file_operations pipe_operations;

/* Two new files become descriptors, which the program is told; they are gone on failure. */
long install_pair(struct file *const ends[2], bool close_on_exec, int *user);

#endif
