/* Pseudo-terminals: see pty.h. What the slave writes is a pipe to the master. */
#include "pty.h"

#include "kernel.h"
#include "memory.h"
#include "pipe.h"
#include "tmpfs.h"
#include "tty.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

#define PTYS_MAX 4096u

struct pty {
    struct tty tty; /* the slave */
    struct pipe *output;
    struct dentry *name; /* /dev/pts/N, until the master is closed */
    unsigned number, slaves;
    bool has_master, is_locked;
    bool is_packet; /* TIOCPKT: a byte that says so comes before what is read */
    struct pty *next;
};

static struct pty *ptys; /* by number */
static struct dentry *directory;

static struct pty *pty_of(const struct tty *tty)
{
    return (struct pty *)tty;
}

struct tty *pty_of_session(int session)
{
    struct pty *pty = ptys;

    while (pty != NULL && pty->tty.session != session)
        pty = pty->next;
    return pty != NULL ? &pty->tty : NULL;
}

int pty_start(struct dentry *dev)
{
    struct inode *inode = tmpfs_inode(dev->super, S_IFDIR | 0755);

    return inode ? tmpfs_add(dev, "pts", 3, inode, &directory) : -ENOMEM;
}

static void free_unused(struct pty *pty)
{
    struct pty **at = &ptys;

    if (pty->has_master || pty->slaves > 0)
        return;
    while (*at != pty)
        at = &(*at)->next;
    *at = pty->next;
    pipe_leave(pty->output, pty->output->readers > 0, pty->output->writers > 0);
    kfree(pty);
}

/* ---- The slave ---- */

static size_t output_room(const struct tty *tty)
{
    const struct pipe *output = pty_of(tty)->output;

    return output->capacity - output->count;
}

static int output_write(struct tty *tty, const uint8_t *bytes, size_t size)
{
    struct iovec one;
    struct iter from = iter_of_kernel(&one, (void *)bytes, size);
    const long done = size > 0 ? pipe_give(pty_of(tty)->output, &from, false) : 0;

    return done < 0 ? (int)done : 0;
}

static void slave_opened(struct tty *tty)
{
    pty_of(tty)->slaves++;
    pty_of(tty)->output->writers = 1;
}

/* The master hears of the end when the last one is closed. */
static void slave_closed(struct tty *tty)
{
    struct pty *pty = pty_of(tty);

    if (--pty->slaves > 0)
        return;
    pty->output->writers = 0;
    wake_all(&pty->output->readable);
    poll_wake();
    free_unused(pty);
}

static const struct tty_driver driver = {
    .room = output_room, .write = output_write, .opened = slave_opened, .closed = slave_closed};

static int pts_open(struct file *file)
{
    struct pty *pty = ptys;

    while (pty != NULL && pty->number != device_minor(file->inode->rdev))
        pty = pty->next;
    if (pty == NULL || !pty->has_master || pty->is_locked)
        return -EIO;
    return tty_open(&pty->tty, file);
}

const struct file_operations pts_file = {.open = pts_open};

/* ---- The master ---- */

static int add_name(struct pty *pty)
{
    struct inode *inode = tmpfs_inode(directory->super, S_IFCHR | 0620);
    char name[16];
    const int length = format(name, sizeof(name), "%u", pty->number);

    if (inode == NULL)
        return -ENOMEM;
    inode->rdev = device_number(PTS_MAJOR, pty->number);
    return tmpfs_add(directory, name, (size_t)length, inode, &pty->name);
}

static struct pty *pty_new(void)
{
    struct pty *pty = kzalloc(sizeof(*pty)), **at = &ptys;

    if (pty == NULL || (pty->output = pipe_new()) == NULL) {
        kfree(pty);
        return NULL;
    }
    tty_init(&pty->tty, &driver, &pty->output->writable);
    pty->output->readers = pty->output->writers = 1;
    while (*at != NULL && (*at)->number == pty->number) {
        pty->number++;
        at = &(*at)->next;
    }
    pty->next = *at;
    *at = pty;
    pty->is_locked = true;
    return pty;
}

static int ptmx_open(struct file *file)
{
    struct pty *pty = pty_new();
    int error;

    if (pty == NULL)
        return -ENOMEM;
    error = pty->number < PTYS_MAX ? add_name(pty) : -ENOSPC;
    if (error < 0) {
        free_unused(pty);
        return error;
    }
    pty->has_master = true;
    file->data = pty;
    return 0;
}

static void master_release(struct file *file)
{
    struct pty *pty = file->data;

    tmpfs_remove(pty->name);
    dentry_put(pty->name);
    pty->name = NULL;
    pty->has_master = false;
    pty->output->readers = 0;
    tty_hang_up(&pty->tty);
    free_unused(pty);
}

static bool may_wait(const struct file *file)
{
    return (file->flags & O_NONBLOCK) == 0;
}

static long master_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct pty *pty = file->data;
    const bool wants = to->left > 0;
    const uint8_t data = TIOCPKT_DATA;
    long header = 0;

    (void)position;
    if (pty->is_packet && wants)
        header = iter_put(to, &data, sizeof(data));
    if (header < 0)
        return header;
    const long done = pipe_take(pty->output, to, may_wait(file));
    if (done < 0)
        return done;
    return done == 0 && wants ? -EIO : header + done;
}

static long master_write(struct file *file, struct iter *from, uint64_t *position)
{
    struct tty *tty = &((struct pty *)file->data)->tty;
    long done = 0, error = 0;

    (void)position;
    while (from->left > 0 && error == 0) {
        uint8_t bytes[256];
        const size_t room = line_room(tty);
        const long taken =
            room > 0 ? iter_take(from, bytes, room < sizeof(bytes) ? room : sizeof(bytes)) : 0;

        if (taken > 0) {
            line_receive(tty, bytes, (size_t)taken);
            done += taken;
        } else if (taken < 0) {
            error = taken;
        } else {
            error = may_wait(file) ? wait_on(&tty->has_room, FOREVER) : -EAGAIN;
        }
    }
    return done > 0 ? done : error;
}

static unsigned master_poll(struct file *file)
{
    const struct pty *pty = file->data;

    return pipe_events(pty->output, true, false) |
           (line_room(&pty->tty) > 0 ? POLLOUT | POLLWRNORM : 0);
}

/* Opens the slave without its name, which may not be reachable. */
static long open_peer(struct pty *pty, unsigned flags)
{
    struct file *file;
    int result = file_new(pty->name, flags, &file);

    if (result < 0)
        return result;
    result = fd_install(file, 0, (flags & O_CLOEXEC) != 0);
    if (result < 0)
        file_put(file);
    return result;
}

static long master_ioctl(struct file *file, unsigned command, unsigned long argument)
{
    struct pty *pty = file->data;
    int value = 0;

    switch (command) {
    case TIOCGPTN:
        return copy_to_user((void *)argument, &pty->number, sizeof(pty->number));
    case TIOCSPTLCK:
        if (copy_from_user(&value, (void *)argument, sizeof(value)) != 0)
            return -EFAULT;
        pty->is_locked = value != 0;
        return 0;
    case TIOCGPTLCK:
        value = pty->is_locked;
        return copy_to_user((void *)argument, &value, sizeof(value));
    case TIOCPKT:
        if (copy_from_user(&value, (void *)argument, sizeof(value)) != 0)
            return -EFAULT;
        pty->is_packet = value != 0;
        return 0;
    case TIOCGPKT:
        value = pty->is_packet;
        return copy_to_user((void *)argument, &value, sizeof(value));
    case TIOCGPTPEER:
        return open_peer(pty, (unsigned)argument);
    case FIONREAD:
        value = (int)pty->output->count;
        return copy_to_user((void *)argument, &value, sizeof(value));
    case TIOCSCTTY: /* these are for a slave */
    case TIOCSPGRP:
        return -ENOTTY;
    default:
        return tty_ioctl(&pty->tty, command, argument);
    }
}

const struct file_operations ptmx_file = {
    .open = ptmx_open,
    .release = master_release,
    .read = master_read,
    .write = master_write,
    .ioctl = master_ioctl,
    .poll = master_poll,
};
