/*
 * Sockets: pairs of AF_UNIX streams, which is what programs use among their own processes. There is
 * no network, so that all others are of families that are not supported.
 */
#include "kernel.h"
#include "pipe.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

#define AF_UNIX       1
#define TYPE_MASK     0xf
#define CLOSE_ON_EXEC O_CLOEXEC /* SOCK_CLOEXEC, SOCK_NONBLOCK */
#define NON_BLOCKING  O_NONBLOCK
#define STREAM        1
#define MSG_DONTWAIT  0x40
#define MSG_NOSIGNAL  0x4000
#define VECTOR_MAX    16
#define SOL_SOCKET    1
#define SO_TYPE       3
#define SO_ERROR      4
#define SO_SNDBUF     7
#define SO_RCVBUF     8
#define SO_DOMAIN     39
#define BUFFER_SIZE   (PIPE_PAGES * PAGE_SIZE)

enum shutdown { SHUT_READ, SHUT_WRITE, SHUT_BOTH };

struct socket {
    struct pipe *in, *out; /* NULL: shut down */
};

struct message {
    uint64_t name;
    uint32_t name_size, padding;
    struct iovec *vector;
    uint64_t count;
    uint64_t control, control_size;
    int32_t flags, padding2;
};

static struct socket *socket_of(const struct file *file)
{
    return file->data;
}

static void shut(struct socket *socket, bool in, bool out)
{
    if (in && socket->in != NULL) {
        pipe_leave(socket->in, true, false);
        socket->in = NULL;
    }
    if (out && socket->out != NULL) {
        pipe_leave(socket->out, false, true);
        socket->out = NULL;
    }
}

static void socket_release(struct file *file)
{
    if (socket_of(file) == NULL)
        return;
    shut(socket_of(file), true, true);
    kfree(file->data);
}

static long receive(struct file *file, struct iter *to, int flags)
{
    struct socket *socket = socket_of(file);
    const bool may_wait = (file->flags & O_NONBLOCK) == 0 && (flags & MSG_DONTWAIT) == 0;

    return socket->in != NULL ? pipe_take(socket->in, to, may_wait) : 0;
}

static long send(struct file *file, struct iter *from, int flags)
{
    struct socket *socket = socket_of(file);
    const bool may_wait = (file->flags & O_NONBLOCK) == 0 && (flags & MSG_DONTWAIT) == 0;
    long done = socket->out != NULL ? pipe_give(socket->out, from, may_wait) : -EPIPE;

    if (done == -EPIPE && (flags & MSG_NOSIGNAL) == 0)
        signal_send(current_process(), SIGPIPE);
    return done;
}

static long socket_read(struct file *file, struct iter *to, uint64_t *position)
{
    (void)position;
    return receive(file, to, 0);
}

static long socket_write(struct file *file, struct iter *from, uint64_t *position)
{
    (void)position;
    return send(file, from, 0);
}

static unsigned socket_poll(struct file *file)
{
    const struct socket *socket = socket_of(file);
    unsigned in = POLLIN | POLLRDNORM | POLLRDHUP, out = POLLOUT | POLLWRNORM;

    if (socket->in != NULL) {
        in = pipe_events(socket->in, true, false);
        if ((in & POLLHUP) != 0) /* the end can be read; both ways are over with the other socket */
            in = POLLIN | POLLRDNORM | POLLRDHUP;
    }
    if (socket->out != NULL) {
        out = pipe_events(socket->out, false, true);
        if ((out & POLLERR) != 0)
            out = POLLOUT | POLLWRNORM | POLLHUP;
    }
    return in | out;
}

static long socket_ioctl(struct file *file, unsigned command, unsigned long argument)
{
    const struct socket *socket = socket_of(file);
    const int count = socket->in != NULL ? (int)socket->in->count : 0;

    if (command != FIONREAD)
        return -ENOTTY;
    return copy_to_user((void *)argument, &count, sizeof(count));
}

static const struct file_operations socket_operations = {
    .release = socket_release,
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
};

/* ---- System calls ---- */

/* The file is referenced; -EBADF, -ENOTSOCK. */
static int find(int fd, struct file **file)
{
    *file = fd_file(fd);
    if (*file == NULL)
        return -EBADF;
    if ((*file)->operations == &socket_operations)
        return 0;
    file_put(*file);
    return -ENOTSOCK;
}

long sys_socket(int family, int type, int protocol)
{
    (void)family;
    (void)type;
    (void)protocol;
    return -EAFNOSUPPORT;
}

static int make(unsigned flags, struct file **file)
{
    struct inode *inode = inode_anonymous(S_IFSOCK | 0777);
    struct socket *socket = kzalloc(sizeof(*socket));
    int error = -ENOMEM;

    if (inode != NULL && socket != NULL)
        error = file_anonymous("socket", inode, &socket_operations, O_RDWR | flags, file);
    else if (inode != NULL)
        inode_put(inode);
    if (error == 0)
        (*file)->data = socket;
    else
        kfree(socket);
    return error;
}

static void join(struct socket *from, struct socket *to, struct pipe *pipe)
{
    pipe->is_unnamed = true;
    pipe->readers = pipe->writers = 1;
    from->out = pipe;
    to->in = pipe;
}

static int make_pair(unsigned flags, struct file *ends[2])
{
    struct pipe *there = pipe_new(), *back = pipe_new();
    int error = there != NULL && back != NULL ? make(flags, &ends[0]) : -ENOMEM;

    if (error == 0) {
        error = make(flags, &ends[1]);
        if (error != 0)
            file_put(ends[0]);
    }
    if (error != 0) {
        kfree(there);
        kfree(back);
        return error;
    }
    join(socket_of(ends[0]), socket_of(ends[1]), there);
    join(socket_of(ends[1]), socket_of(ends[0]), back);
    return 0;
}

long sys_socketpair(int family, int type, int protocol, int *user)
{
    struct file *ends[2];

    if (family != AF_UNIX)
        return -EAFNOSUPPORT;
    if ((type & TYPE_MASK) != STREAM)
        return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    int error = make_pair((unsigned)type & NON_BLOCKING, ends);
    return error != 0 ? error : install_pair(ends, (type & CLOSE_ON_EXEC) != 0, user);
}

long sys_sendto(int fd, void *buffer, size_t size, int flags, const void *to, unsigned to_size)
{
    struct iovec one;
    struct iter from = iter_of_user(&one, buffer, size);
    struct file *file;
    int error = find(fd, &file);

    (void)to_size;
    if (error != 0)
        return error;
    long done = to == NULL ? send(file, &from, flags) : -EISCONN;
    file_put(file);
    return done;
}

long sys_recvfrom(int fd, void *buffer, size_t size, int flags, void *from, unsigned *from_size)
{
    struct iovec one;
    struct iter to = iter_of_user(&one, buffer, size);
    struct file *file;
    int error = find(fd, &file);

    if (error != 0)
        return error;
    long done = receive(file, &to, flags);
    file_put(file);
    if (done >= 0 && from != NULL && zero_user(from_size, sizeof(*from_size)) != 0)
        return -EFAULT;
    return done;
}

typedef long (*transfer)(struct file *file, struct iter *iter, int flags);

static long message(int fd, const struct message *message, int flags, transfer move)
{
    struct iovec vector[VECTOR_MAX];
    struct iter iter = {.vector = vector};
    struct file *file;

    if (message->count > VECTOR_MAX)
        return -EMSGSIZE;
    if (copy_from_user(vector, message->vector, message->count * sizeof(vector[0])) != 0)
        return -EFAULT;
    for (size_t i = 0; i < message->count; i++)
        iter.left += vector[i].iov_len;
    int error = find(fd, &file);
    if (error != 0)
        return error;
    long done = move(file, &iter, flags);
    file_put(file);
    return done;
}

long sys_sendmsg(int fd, const void *user, int flags)
{
    struct message told;

    if (copy_from_user(&told, user, sizeof(told)) != 0)
        return -EFAULT;
    if (told.control_size != 0) /* descriptors do not travel */
        return -EOPNOTSUPP;
    return message(fd, &told, flags, send);
}

long sys_recvmsg(int fd, void *user, int flags)
{
    struct message told;

    if (copy_from_user(&told, user, sizeof(told)) != 0)
        return -EFAULT;
    long done = message(fd, &told, flags, receive);
    told.name_size = 0;
    told.control_size = 0;
    told.flags = 0;
    return done >= 0 && copy_to_user(user, &told, sizeof(told)) != 0 ? -EFAULT : done;
}

long sys_shutdown(int fd, int how)
{
    struct file *file;
    int error = find(fd, &file);

    if (error != 0)
        return error;
    if (how < SHUT_READ || how > SHUT_BOTH)
        error = -EINVAL;
    else
        shut(socket_of(file), how != SHUT_WRITE, how != SHUT_READ);
    file_put(file);
    return error;
}

long sys_getsockname(int fd, void *to, unsigned *size)
{
    const uint16_t family = AF_UNIX;
    const unsigned family_size = sizeof(family);
    struct file *file;
    int error = find(fd, &file);

    if (error != 0)
        return error;
    file_put(file);
    if (copy_to_user(to, &family, sizeof(family)) != 0)
        return -EFAULT;
    return copy_to_user(size, &family_size, sizeof(family_size));
}

long sys_getsockopt(int fd, int level, int option, void *to, unsigned *size)
{
    const unsigned value_size = sizeof(int);
    struct file *file;
    int value, error = find(fd, &file);

    if (error != 0)
        return error;
    file_put(file);
    if (level != SOL_SOCKET)
        return -EOPNOTSUPP;
    switch (option) {
    case SO_TYPE:
        value = STREAM;
        break;
    case SO_ERROR:
        value = 0;
        break;
    case SO_SNDBUF:
    case SO_RCVBUF:
        value = BUFFER_SIZE;
        break;
    case SO_DOMAIN:
        value = AF_UNIX;
        break;
    default:
        return -ENOPROTOOPT;
    }
    if (copy_to_user(to, &value, sizeof(value)) != 0)
        return -EFAULT;
    return copy_to_user(size, &value_size, sizeof(value_size));
}

long sys_setsockopt(int fd, int level, int option, const void *from, unsigned size)
{
    struct file *file;
    int error = find(fd, &file);

    (void)option;
    (void)from;
    (void)size;
    if (error == 0)
        file_put(file);
    return error != 0 || level == SOL_SOCKET ? error : -EOPNOTSUPP;
}
