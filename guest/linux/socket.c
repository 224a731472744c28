/* Sockets: how they begin and end, in pairs, and as files. */
#include "socket.h"

#include "kernel.h"
#include "memory.h"
#include "pipe.h"
#include "process.h"
#include "syscalls.h"

#include <asm/ioctls.h>
#include <asm/poll.h>

#define TYPE_MASK     0xf
#define CLOSE_ON_EXEC O_CLOEXEC /* SOCK_CLOEXEC, SOCK_NONBLOCK */
#define NON_BLOCKING  O_NONBLOCK
#define QUEUE_MAX     212992 /* bytes that wait to be received: Linux' default */

enum shutdown { SHUT_READ, SHUT_WRITE, SHUT_BOTH };

struct socket *socket_new(int family, int type)
{
    struct socket *socket = kzalloc(sizeof(*socket));

    if (socket != NULL) {
        socket->address.name.family = (__kernel_sa_family_t)family;
        socket->type = type == SOCK_RAW ? SOCK_DGRAM : type; /* AF_NETLINK sees no difference */
        socket->references = 1;
        socket->peer_ids = (struct peer_ids){0, UINT32_MAX, UINT32_MAX};
    }
    return socket;
}

struct socket *socket_get(struct socket *socket)
{
    socket->references++;
    return socket;
}

void socket_put(struct socket *socket)
{
    if (--socket->references == 0)
        kfree(socket);
}

void socket_changed(struct socket *socket)
{
    wake_all(&socket->readable);
    wake_all(&socket->writable);
    poll_wake();
}

bool socket_has_room(const struct socket *socket, size_t size)
{
    return socket->queued == 0 || socket->queued + size <= QUEUE_MAX;
}

int socket_take_error(struct socket *socket)
{
    const int error = socket->error;

    socket->error = 0;
    return -error;
}

uint64_t socket_deadline(uint64_t timeout)
{
    return timeout == 0 ? FOREVER : time_monotonic() + timeout;
}

struct peer_ids socket_own_ids(void)
{
    const struct process *process = current_process();

    return (struct peer_ids){(uint32_t)process->id, process->credentials.user.effective,
                             process->credentials.group.effective};
}

void socket_join(struct socket *a, struct socket *b)
{
    a->peer = socket_get(b);
    b->peer = socket_get(a);
}

static void shut(struct socket *socket, bool in, bool out)
{
    struct socket *peer = socket->type == SOCK_DGRAM ? NULL : socket->peer;

    socket->shut_in |= in;
    socket->shut_out |= out;
    if (peer != NULL && peer->peer == socket) {
        peer->shut_in |= out;
        peer->shut_out |= in && peer->address.name.family == AF_UNIX; /* TCP does not tell */
        socket_changed(peer);
    }
    socket_changed(socket);
}

void socket_reset(struct socket *socket)
{
    const bool is_inet = socket->address.name.family == AF_INET;

    if (socket->is_closed)
        return;
    /* TCP's end is the end of what can be received; a reset behind it is an error to who sends */
    socket->error = is_inet && socket->peer->shut_out ? EPIPE : ECONNRESET;
    if (is_inet)
        socket->is_reset = socket->shut_in = socket->shut_out = true;
    socket_changed(socket);
}

/* Those who have connected, and whom nobody will accept. */
static void refuse_pending(struct socket *listener)
{
    while (listener->pending != NULL) {
        struct socket *socket = listener->pending;

        listener->pending = socket->next_pending;
        socket_reset(socket->peer);
        socket_close(socket);
    }
}

/* Whether it tells its peer, as it ends, that not all has been received. */
static bool resets(const struct socket *socket)
{
    const bool lingers = !socket->linger.is_on || socket->linger.seconds != 0;

    return socket->first != NULL || (socket_is(socket, AF_INET, SOCK_STREAM) && !lingers);
}

void socket_close(struct socket *socket)
{
    struct socket *peer = socket->peer;

    socket->is_closed = true;
    if (peer != NULL && socket->type != SOCK_DGRAM && resets(socket))
        socket_reset(peer);
    shut(socket, true, true);
    socket_unbind(socket);
    refuse_pending(socket);
    socket_discard(socket);
    socket->peer = NULL;
    if (peer != NULL)
        socket_put(peer);
    socket_put(socket);
}

/* ---- As a file ---- */

static void release(struct file *file)
{
    if (socket_of(file) != NULL)
        socket_close(socket_of(file));
}

static long read(struct file *file, struct iter *to, uint64_t *position)
{
    struct message message = {.iter = to};
    long done = socket_receive(file, &message);

    (void)position;
    ancillary_discard(&message.ancillary);
    return done;
}

static long write(struct file *file, struct iter *from, uint64_t *position)
{
    struct message message = {.iter = from};

    (void)position;
    return socket_send(file, &message);
}

static unsigned poll(struct file *file)
{
    const struct socket *socket = socket_of(file), *peer = socket->peer;
    unsigned events = socket->error != 0 ? POLLERR : 0;

    if (socket->is_listening)
        return events | (socket->pending != NULL ? POLLIN | POLLRDNORM : 0);
    if (socket->first != NULL || socket->shut_in)
        events |= POLLIN | POLLRDNORM;
    if (socket->shut_in)
        events |= POLLRDHUP;
    if ((socket->shut_in && socket->shut_out) || (socket->type != SOCK_DGRAM && peer == NULL))
        events |= POLLHUP;
    if (peer == NULL || peer->is_closed || peer->queued <= QUEUE_MAX / 4)
        events |= POLLOUT | POLLWRNORM;
    return events;
}

/* Of the interfaces, or FIONREAD: of a stream all bytes, or else those of the first packet. */
static long ioctl(struct file *file, unsigned command, unsigned long argument)
{
    const struct socket *socket = socket_of(file);
    size_t size = 0;

    if (command != FIONREAD)
        return interface_ioctl(command, (void *)argument);
    for (const struct packet *packet = socket->first; packet != NULL; packet = packet->next) {
        size += packet->size - packet->taken;
        if (socket->type != SOCK_STREAM)
            break;
    }
    const int count = (int)size;
    return copy_to_user((void *)argument, &count, sizeof(count));
}

static const struct file_operations socket_operations = {
    .release = release,
    .read = read,
    .write = write,
    .ioctl = ioctl,
    .poll = poll,
};

int socket_find(int fd, struct file **file)
{
    *file = fd_file(fd);
    if (*file == NULL)
        return -EBADF;
    if ((*file)->operations == &socket_operations)
        return 0;
    file_put(*file);
    return -ENOTSOCK;
}

int socket_file(struct socket *socket, unsigned flags, struct file **file)
{
    struct inode *inode = inode_anonymous(S_IFSOCK | 0777);
    int error = -ENOMEM;

    if (inode != NULL)
        error = file_anonymous("socket", inode, &socket_operations, O_RDWR | flags, file);
    if (error == 0)
        (*file)->data = socket;
    else
        socket_close(socket);
    return error;
}

/* ---- System calls ---- */

static int check_protocol(int family, int type, int protocol)
{
    if (family == AF_UNIX)
        return protocol == 0 || protocol == AF_UNIX ? 0 : -EPROTONOSUPPORT;
    if (type == SOCK_SEQPACKET || (family == AF_NETLINK && type == SOCK_STREAM))
        return -ESOCKTNOSUPPORT;
    if (family == AF_NETLINK)
        return protocol == NETLINK_ROUTE ? 0 : -EPROTONOSUPPORT;
    return protocol == 0 || protocol == inet_protocol(type) ? 0 : -EPROTONOSUPPORT;
}

static int check_kind(int family, int type, int protocol)
{
    if (family != AF_UNIX && family != AF_INET && family != AF_NETLINK)
        return -EAFNOSUPPORT;
    type &= ~(CLOSE_ON_EXEC | NON_BLOCKING);
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET &&
        !(type == SOCK_RAW && family == AF_NETLINK))
        return (type & ~TYPE_MASK) != 0 ? -EINVAL : -ESOCKTNOSUPPORT;
    return check_protocol(family, type, protocol);
}

static int make(int family, int type, struct file **file)
{
    struct socket *socket = socket_new(family, type & TYPE_MASK);

    return socket != NULL ? socket_file(socket, (unsigned)type & NON_BLOCKING, file) : -ENOMEM;
}

long sys_socket(int family, int type, int protocol)
{
    struct file *file;
    int error = check_kind(family, type, protocol);

    if (error == 0)
        error = make(family, type, &file);
    if (error != 0)
        return error;
    int fd = fd_install(file, 0, (type & CLOSE_ON_EXEC) != 0);
    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_socketpair(int family, int type, int protocol, int *user)
{
    struct file *ends[2];
    int error = check_kind(family, type, protocol);

    if (error == 0 && family != AF_UNIX)
        error = -EOPNOTSUPP;
    if (error == 0)
        error = make(family, type, &ends[0]);
    if (error != 0)
        return error;
    error = make(family, type, &ends[1]);
    if (error != 0) {
        file_put(ends[0]);
        return error;
    }
    socket_join(socket_of(ends[0]), socket_of(ends[1]));
    for (unsigned i = 0; i < 2; i++)
        socket_of(ends[i])->peer_ids = socket_own_ids();
    return install_pair(ends, (type & CLOSE_ON_EXEC) != 0, user);
}

static int shut_down(struct socket *socket, int how)
{
    if (how < SHUT_READ || how > SHUT_BOTH)
        return -EINVAL;
    if (socket->address.name.family == AF_INET && !socket->is_listening &&
        (socket->is_reset || (socket->peer == NULL && socket->remote.size == 0)))
        return -ENOTCONN;
    shut(socket, how != SHUT_WRITE, how != SHUT_READ);
    return 0;
}

long sys_shutdown(int fd, int how)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = shut_down(socket_of(file), how);
    file_put(file);
    return error;
}
