/*
 * Standard input, output and error. Those that are a terminal are /dev/console, any other looks
 * like a pipe to the program.
 */
#include "console.h"

#include "dentry.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "schedule.h"
#include "tty.h"

#include <asm/poll.h>

enum { CHUNK_ORDER = 4 }; /* 64 KiB, LINUX_BUFFER_MAX */

static bool is_terminal(enum linux_stream stream)
{
    return host_config->flags & (1u << stream); /* LINUX_TTY_INPUT << stream */
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

/* ---- The terminal ---- */

static struct tty console;

static size_t console_room(const struct tty *tty)
{
    (void)tty;
    return PAGE_SIZE;
}

/* Where there is only input, nobody sees its echo. */
static int console_write(struct tty *tty, const uint8_t *bytes, size_t size)
{
    const enum linux_stream stream = is_terminal(LINUX_OUTPUT) ? LINUX_OUTPUT : LINUX_ERROR;
    const long done = is_terminal(stream) ? write_chunk(stream, bytes, size) : 0;

    (void)tty;
    return done < 0 ? (int)done : 0;
}

static const struct tty_driver console_driver = {.room = console_room, .write = console_write};

static void start_console(void)
{
    static struct wait_queue writable; /* after ^S */

    tty_init(&console, &console_driver, &writable);
    console.settings.c_iflag |= IUTF8;
    console.window.ws_row = host_config->rows;
    console.window.ws_col = host_config->columns;
    console.has_no_input = !is_terminal(LINUX_INPUT);
    console.session = console.foreground = 1; /* the first process's */
    console.is_hung_up =
        !is_terminal(LINUX_INPUT) && !is_terminal(LINUX_OUTPUT) && !is_terminal(LINUX_ERROR);
}

struct tty *console_of_session(int session)
{
    return session == console.session && !console.is_hung_up ? &console : NULL;
}

void console_resize(unsigned rows, unsigned columns)
{
    const struct winsize window = {.ws_row = (unsigned short)rows,
                                   .ws_col = (unsigned short)columns};

    tty_resize(&console, &window);
}

bool console_watches(void)
{
    return !console.has_no_input && !console.is_hung_up && line_room(&console) > 0;
}

void console_input(void)
{
    uint8_t bytes[1024];
    const size_t room = line_room(&console);
    const long length = host_read(bytes, room < sizeof(bytes) ? room : sizeof(bytes));

    if (length > 0)
        line_receive(&console, bytes, (size_t)length);
    else if (length != -EAGAIN)
        tty_hang_up(&console);
}

static int console_open(struct file *file)
{
    return console.is_hung_up ? -ENXIO : tty_open(&console, file);
}

const struct file_operations console_file = {.open = console_open};

/* ---- Pipes ---- */

static enum linux_stream stream_of(const struct file *file)
{
    return (enum linux_stream)(uintptr_t)file->inode->data;
}

/* A buffer in the kernel, of *size bytes, or a page when memory is short. */
static void *bounce(size_t *size)
{
    void *buffer = *size > PAGE_SIZE ? pages_alloc(CHUNK_ORDER) : NULL;
    const size_t most = buffer ? PAGE_SIZE << CHUNK_ORDER : PAGE_SIZE;

    *size = *size < most ? *size : most;
    return buffer ? buffer : page_alloc();
}

static long stream_write(struct file *file, struct iter *from, uint64_t *position)
{
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
            part = write_chunk(stream_of(file), buffer, (size_t)part);
        done += part > 0 ? part : 0;
    }
    if (page)
        page_release(page);
    return done > 0 || part > 0 ? done : part;
}

static long stream_read(struct file *file, struct iter *to, uint64_t *position)
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

static unsigned stream_poll(struct file *file)
{
    if (file_writable(file))
        return POLLOUT | POLLWRNORM;
    if (host_wait(LINUX_EVENT_INPUT, 0) & LINUX_EVENT_INPUT)
        return POLLIN | POLLRDNORM;
    poll_wants_console();
    return 0;
}

static const struct file_operations stream_file = {
    .read = stream_read, .write = stream_write, .poll = stream_poll};

static int open_pipe(enum linux_stream stream, unsigned flags, struct file **file)
{
    struct inode *inode = inode_anonymous(S_IFIFO | 0600);
    char name[32];

    if (!inode)
        return -ENOMEM;
    inode->data = (void *)(uintptr_t)stream;
    inode->uid = host_config->uid;
    format(name, sizeof(name), "pipe:[%lu]", inode->number);
    return file_anonymous(name, inode, &stream_file, flags, file);
}

static int open_terminal(struct file **file)
{
    int error = file_open("/dev/console", O_RDWR | O_NOCTTY, file);

    if (error == 0)
        (*file)->inode->uid = host_config->uid;
    return error;
}

/* The streams are the program's own, whoever it is. */
int vfs_open_console(struct files *files)
{
    static const unsigned flags[] = {O_RDONLY, O_WRONLY, O_WRONLY};

    start_console();
    for (unsigned stream = LINUX_INPUT; stream <= LINUX_ERROR; stream++) {
        struct file *file;
        int error;

        if (is_terminal(stream))
            error = open_terminal(&file);
        else
            error = open_pipe(stream, flags[stream], &file);
        if (error == 0)
            error = files_install(files, file, (int)stream);
        if (error < 0)
            return error;
    }
    return 0;
}
