/*
 * Standard input, output and error. One that is a terminal is /dev/tty, any other looks like a pipe
 * to the program. What a terminal does (lines, echo, ^C) the host's does; here are its settings
 * only.
 */
#include "console.h"

#include "dentry.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "schedule.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/termbits.h>
#include <linux/termios.h>

enum { CHUNK_ORDER = 4 }; /* 64 KiB, LINUX_BUFFER_MAX */

static struct termios settings = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD | HUPCL,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22},
};
static int foreground = 1; /* process group */
static struct winsize window;
static bool window_known;

static bool is_terminal(enum linux_stream stream)
{
    return host_config->flags & (1u << stream); /* LINUX_TTY_INPUT << stream */
}

/* Whether it is this stream, which is no terminal. */
static bool is_stream(const struct file *file, enum linux_stream stream)
{
    return file->inode->data == (void *)(uintptr_t)(stream + 1);
}

/* The stream that output goes to: of /dev/tty whichever of both is the terminal. */
static enum linux_stream output_of(const struct file *file)
{
    if (is_stream(file, LINUX_ERROR))
        return LINUX_ERROR;
    if (is_stream(file, LINUX_OUTPUT) || is_terminal(LINUX_OUTPUT))
        return LINUX_OUTPUT;
    return LINUX_ERROR;
}

static bool is_tty(const struct file *file)
{
    return S_ISCHR(file->inode->mode);
}

static int console_open(struct file *file)
{
    if (is_tty(file) && !is_terminal(LINUX_INPUT) && !is_terminal(LINUX_OUTPUT) &&
        !is_terminal(LINUX_ERROR))
        return -ENXIO;
    return 0;
}

/* A buffer in the kernel, of *size bytes, or a page when memory is short. */
static void *bounce(size_t *size)
{
    void *buffer = *size > PAGE_SIZE ? pages_alloc(CHUNK_ORDER) : NULL;
    const size_t most = buffer ? PAGE_SIZE << CHUNK_ORDER : PAGE_SIZE;

    *size = *size < most ? *size : most;
    return buffer ? buffer : page_alloc();
}

static long write_chunk(enum linux_stream stream, const uint8_t *bytes, size_t size)
{
    size_t done = 0;
    long part = 1;

    while (part > 0 && done < size) {
        part = host_write(stream, bytes + done, size - done);
        if (part > 0)
            done += (size_t)part;
    }
    return done > 0 ? (long)done : part;
}

static long console_write(struct file *file, struct iter *from, uint64_t *position)
{
    const enum linux_stream stream = output_of(file);
    size_t size = from->left;
    uint8_t reserve[256]; /* full memory can be told of */
    long done = 0, part = 1;
    void *page = bounce(&size), *buffer = page ? page : reserve;

    (void)position;
    if (!page && size > sizeof(reserve))
        size = sizeof(reserve);
    while (part > 0 && from->left > 0) {
        part = iter_take(from, buffer, size);
        if (part > 0)
            part = write_chunk(stream, buffer, (size_t)part);
        done += part > 0 ? part : 0;
    }
    if (page)
        page_release(page);
    return done > 0 || part > 0 ? done : part;
}

static long console_read(struct file *file, struct iter *to, uint64_t *position)
{
    size_t size = to->left;
    void *buffer;
    long length;

    (void)position;
    if (size == 0)
        return 0;
    buffer = bounce(&size);
    if (!buffer)
        return -ENOMEM;
    while ((length = host_read(buffer, size)) == -EAGAIN && !(file->flags & O_NONBLOCK)) {
        length = console_wait();
        if (length < 0)
            break;
    }
    if (length > 0)
        length = iter_put(to, buffer, (size_t)length);
    page_release(buffer);
    return length;
}

static unsigned console_poll(struct file *file)
{
    unsigned events = 0;

    if (file_writable(file))
        events = POLLOUT | POLLWRNORM;
    if (!file_readable(file))
        return events;
    if (host_wait(LINUX_EVENT_INPUT, 0) & LINUX_EVENT_INPUT)
        return events | POLLIN | POLLRDNORM;
    poll_wants_console();
    return events;
}

static struct winsize *known_window(void)
{
    if (!window_known) {
        window.ws_row = host_config->rows;
        window.ws_col = host_config->columns;
        window_known = true;
    }
    return &window;
}

void console_resize(unsigned rows, unsigned columns)
{
    known_window()->ws_row = (unsigned short)rows;
    known_window()->ws_col = (unsigned short)columns;
}

static long console_ioctl(struct file *file, unsigned command, unsigned long argument)
{
    void *user = (void *)argument;

    if (!is_tty(file))
        return -ENOTTY;
    switch (command) {
    case TCGETS:
        return copy_to_user(user, &settings, sizeof(settings));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return copy_from_user(&settings, user, sizeof(settings));
    case TIOCGWINSZ:
        return copy_to_user(user, known_window(), sizeof(window));
    case TIOCSWINSZ:
        return copy_from_user(known_window(), user, sizeof(window));
    case TIOCGPGRP:
    case TIOCGSID:
        return copy_to_user(user, &foreground, sizeof(foreground));
    case TIOCSPGRP:
        return copy_from_user(&foreground, user, sizeof(foreground));
    case TIOCSCTTY:
    case TIOCNOTTY:
    case TCFLSH:
    case TCSBRK:
    case TCXONC:
        return 0;
    default:
        return -ENOTTY;
    }
}

const struct file_operations console_file = {
    .open = console_open,
    .read = console_read,
    .write = console_write,
    .ioctl = console_ioctl,
    .poll = console_poll,
};

static int open_pipe(enum linux_stream stream, unsigned flags, struct file **file)
{
    struct inode *inode = inode_anonymous(S_IFIFO | 0600);
    char name[32];

    if (!inode)
        return -ENOMEM;
    inode->data = (void *)(uintptr_t)(stream + 1);
    format(name, sizeof(name), "pipe:[%lu]", inode->number);
    return file_anonymous(name, inode, &console_file, flags, file);
}

int vfs_open_console(struct files *files)
{
    static const unsigned flags[] = {O_RDONLY, O_WRONLY, O_WRONLY};

    for (unsigned stream = LINUX_INPUT; stream <= LINUX_ERROR; stream++) {
        struct file *file;
        int error;

        if (is_terminal(stream))
            error = file_open("/dev/tty", O_RDWR, &file);
        else
            error = open_pipe(stream, flags[stream], &file);
        if (error == 0)
            error = files_install(files, file, (int)stream);
        if (error < 0)
            return error;
    }
    return 0;
}
