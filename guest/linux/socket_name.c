/* The names of sockets, in the file system and beside it ("abstract"), and who meets by them. */
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "permission.h"
#include "process.h"
#include "socket.h"
#include "syscalls.h"

#define FAMILY_SIZE   sizeof(__kernel_sa_family_t)
#define CLOSE_ON_EXEC O_CLOEXEC /* SOCK_CLOEXEC, SOCK_NONBLOCK */
#define NON_BLOCKING  O_NONBLOCK
#define BACKLOG_MAX   4096
#define ADDRESS_MAX   128 /* struct sockaddr_storage */

static struct socket *bound;

/* ---- Addresses ---- */

int address_from_user(const void *user, unsigned size, struct address *address)
{
    const unsigned kept = size < sizeof(address->name) ? size : sizeof(address->name);

    *address = (struct address){.size = size};
    if (size < FAMILY_SIZE || size > ADDRESS_MAX)
        return -EINVAL;
    if (copy_from_user(&address->name, user, kept) != 0)
        return -EFAULT;
    return address->name.family == AF_INET && size < sizeof(struct sockaddr_in) ? -EINVAL : 0;
}

/* How much is told of it: but for AF_UNIX, even a socket without a name has an address, of zeros.
 */
static unsigned size_of(const struct address *address)
{
    if (address->name.family == AF_INET)
        return sizeof(struct sockaddr_in);
    if (address->name.family == AF_NETLINK)
        return sizeof(struct sockaddr_nl);
    return address->size > 0 ? address->size : FAMILY_SIZE;
}

int address_to_user(const struct address *address, void *user, unsigned *user_size)
{
    const unsigned size = size_of(address);
    unsigned room;

    if (copy_from_user(&room, user_size, sizeof(room)) != 0)
        return -EFAULT;
    if ((int)room < 0)
        return -EINVAL;
    if (copy_to_user(user, &address->name, room < size ? room : size) != 0)
        return -EFAULT;
    return copy_to_user(user_size, &size, sizeof(size));
}

/* ---- Sockets with names outside the file system ---- */

void socket_add_bound(struct socket *socket)
{
    socket->next_bound = bound;
    bound = socket;
}

struct socket *socket_next_bound(const struct socket *socket)
{
    return socket == NULL ? bound : socket->next_bound;
}

static bool is_local(const struct address *address)
{
    return address->name.family == AF_UNIX && address->size <= sizeof(struct sockaddr_un);
}

static bool is_abstract(const struct address *address)
{
    return address->name.local.sun_path[0] == '\0';
}

static bool is_same(const struct address *a, const struct address *b)
{
    return a->size == b->size && memcmp(&a->name, &b->name, a->size) == 0;
}

/* Each type has names of its own. */
static struct socket *find_abstract(const struct address *address, int type)
{
    struct socket *socket = bound;

    while (socket != NULL && (socket->type != type || !is_same(&socket->address, address)))
        socket = socket->next_bound;
    return socket;
}

/* The path of an address, with its NUL, which the program may have left out. */
static void path_of(const struct address *address, char path[UNIX_PATH_MAX + 1])
{
    memset(path, 0, UNIX_PATH_MAX + 1);
    memcpy(path, address->name.local.sun_path, address->size - FAMILY_SIZE);
}

static int find_by_path(const struct address *address, struct socket **socket)
{
    char text[UNIX_PATH_MAX + 1];
    struct path path;

    path_of(address, text);
    int error = path_find_kernel(text, PATH_FOLLOW, &path);
    if (error != 0)
        return error;
    const struct inode *inode = path.found->inode;
    error = permission(inode, MAY_WRITE);
    *socket = S_ISSOCK(inode->mode) ? inode->data : NULL;
    path_put(&path);
    return error;
}

int socket_by_address(const struct address *address, int type, struct socket **found)
{
    int error = 0;

    if (!is_local(address) || address->size == FAMILY_SIZE)
        return -EINVAL;
    if (is_abstract(address))
        *found = find_abstract(address, type);
    else
        error = find_by_path(address, found);
    if (error == 0 && *found == NULL)
        error = -ECONNREFUSED;
    if (error == 0 && (*found)->type != type)
        error = -EPROTOTYPE;
    if (error == 0)
        socket_get(*found);
    return error;
}

void socket_unbind(struct socket *socket)
{
    struct socket **at = &bound;

    if (socket->bound != NULL) {
        socket->bound->data = NULL;
        inode_put(socket->bound);
        socket->bound = NULL;
    }
    while (*at != NULL && *at != socket)
        at = &(*at)->next_bound;
    if (*at != NULL)
        *at = socket->next_bound;
}

/* ---- bind(2) ---- */

static int bind_abstract(struct socket *socket, const struct address *address)
{
    if (find_abstract(address, socket->type) != NULL)
        return -EADDRINUSE;
    socket->address = *address;
    socket_add_bound(socket);
    return 0;
}

static int bind_path(struct socket *socket, const struct address *address)
{
    char path[UNIX_PATH_MAX + 1];
    struct inode *inode;

    path_of(address, path);
    int error = name_socket(path, &inode);
    if (error != 0)
        return error == -EEXIST ? -EADDRINUSE : error;
    inode->data = socket;
    socket->bound = inode;
    socket->address = *address;
    socket->address.size = (unsigned)(FAMILY_SIZE + strlen(path) + 1);
    return 0;
}

static int bind_any(struct socket *socket)
{
    static unsigned last;
    struct address address = {.size = FAMILY_SIZE + 6, .name.family = AF_UNIX};
    char number[6];
    int error;

    do {
        last = (last + 1) & 0xfffff;
        format(number, sizeof(number), "%05x", last);
        memcpy(address.name.local.sun_path + 1, number, 5);
        error = bind_abstract(socket, &address);
    } while (error == -EADDRINUSE);
    return error;
}

static int bind_to(struct socket *socket, const struct address *address)
{
    if (socket->address.name.family == AF_INET)
        return inet_bind(socket, address);
    if (socket->address.name.family == AF_NETLINK)
        return address->name.family == AF_NETLINK ? netlink_bind(socket) : -EINVAL;
    if (!is_local(address) || socket->address.size > 0)
        return -EINVAL;
    if (address->size == FAMILY_SIZE)
        return bind_any(socket);
    return is_abstract(address) ? bind_abstract(socket, address) : bind_path(socket, address);
}

long sys_bind(int fd, const void *user, unsigned size)
{
    struct address address;
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = address_from_user(user, size, &address);
    if (error == 0)
        error = bind_to(socket_of(file), &address);
    file_put(file);
    return error;
}

/* ---- listen(2), accept(2), connect(2) ---- */

static int start_listening(struct socket *socket, int backlog)
{
    const bool is_inet = socket->address.name.family == AF_INET;

    if (socket->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if ((!is_inet && socket->address.size == 0) || socket->peer != NULL)
        return -EINVAL;
    int error = is_inet ? inet_may_listen(socket) : 0;
    if (error != 0)
        return error;
    socket->is_listening = true;
    socket->backlog = backlog < 0 || backlog > BACKLOG_MAX ? BACKLOG_MAX : (unsigned)backlog;
    socket->peer_ids = socket_own_ids();
    socket_changed(socket);
    return 0;
}

long sys_listen(int fd, int backlog)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = start_listening(socket_of(file), backlog);
    file_put(file);
    return error;
}

/* Until the other one has accepted some: one more than it said may wait. Who connects by TCP and
 * does not block would go on trying, which nothing here does: it may wait with the others at once.
 */
static int wait_for_place(struct file *file, struct socket *listener)
{
    const uint64_t deadline = socket_deadline(socket_of(file)->send_timeout);
    const bool waits = (file->flags & O_NONBLOCK) == 0;
    int error = 0;

    while (error == 0) {
        if (listener->is_closed || !listener->is_listening)
            return -ECONNREFUSED;
        if (listener->pending_count <= listener->backlog ||
            (!waits && listener->address.name.family == AF_INET))
            return 0;
        error = waits ? wait_on(&listener->writable, deadline) : -EAGAIN;
    }
    return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* The other end, of this name, is there at once, and what is sent to it waits to be received. */
static int connect_stream(struct file *file, struct socket *listener, const struct address *name)
{
    struct socket *socket = socket_of(file), **at = &listener->pending;
    int error = wait_for_place(file, listener);

    if (error != 0)
        return error;
    if (socket->peer != NULL) /* somebody else's connect(2) was faster */
        return -EISCONN;
    struct socket *other = socket_new(name->name.family, socket->type);
    if (other == NULL)
        return -ENOMEM;
    other->address = *name;
    other->options = listener->options;
    memcpy(other->protocol_options, listener->protocol_options, sizeof(other->protocol_options));
    if (name->name.family == AF_INET) {
        other->linger = listener->linger;
        other->receive_timeout = listener->receive_timeout;
        other->send_timeout = listener->send_timeout;
    } else {
        other->peer_ids = socket_own_ids();
        socket->peer_ids = listener->peer_ids;
    }
    socket_join(socket, other);
    while (*at != NULL)
        at = &(*at)->next_pending;
    *at = other;
    listener->pending_count++;
    socket_changed(listener);
    return 0;
}

/* Who does not block hears of it as if the other end were far away: by poll(2), and then by
 * SO_ERROR or one more connect(2). */
static int connect_inet(struct file *file, struct address *to)
{
    struct socket *socket = socket_of(file), *listener = NULL;
    int error = socket_take_error(socket);

    if (error != 0)
        return error;
    if (socket->peer != NULL || socket->is_listening) {
        error = socket->is_connecting ? 0 : -EISCONN;
        socket->is_connecting = false;
        return error;
    }
    error = inet_find_listener(socket, to, &listener);
    if (error == 0) {
        error = connect_stream(file, listener, to);
        socket_put(listener);
    }
    if ((file->flags & O_NONBLOCK) == 0 || (error != 0 && error != -ECONNREFUSED))
        return error;
    socket->is_connecting = error == 0;
    socket->error = -error;
    return -EINPROGRESS;
}

static void connect_datagrams(struct socket *socket, struct socket *peer)
{
    struct socket *old = socket->peer;

    socket->peer = peer != NULL ? socket_get(peer) : NULL;
    if (old != NULL)
        socket_put(old);
    socket_changed(socket);
}

static int connect_local(struct file *file, const struct address *address)
{
    struct socket *socket = socket_of(file), *other;
    const bool is_stream = socket->type != SOCK_DGRAM;
    int error = 0;

    if (!is_stream && address->name.family == AF_UNSPEC) {
        connect_datagrams(socket, NULL);
        return 0;
    }
    if (is_stream && socket->is_listening)
        return -EINVAL;
    if (is_stream && socket->peer != NULL)
        return -EISCONN;
    error = socket_by_address(address, socket->type, &other);
    if (error != 0)
        return error;
    if (is_stream)
        error = connect_stream(file, other, &other->address);
    else if (other->peer != NULL && other->peer != socket)
        error = -EPERM;
    else
        connect_datagrams(socket, other);
    socket_put(other);
    return error;
}

static int connect(struct file *file, struct address *address)
{
    struct socket *socket = socket_of(file);

    if (socket->address.name.family == AF_NETLINK)
        return -EOPNOTSUPP;
    if (socket->address.name.family == AF_UNIX)
        return connect_local(file, address);
    return socket->type == SOCK_DGRAM ? inet_connect_datagrams(socket, address)
                                      : connect_inet(file, address);
}

long sys_connect(int fd, const void *user, unsigned size)
{
    struct address address;
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = address_from_user(user, size, &address);
    if (error == 0)
        error = connect(file, &address);
    file_put(file);
    return error;
}

static int take_pending(struct file *file, struct socket **socket)
{
    struct socket *listener = socket_of(file);
    const uint64_t deadline = socket_deadline(listener->receive_timeout);
    int error = 0;

    if (listener->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    while ((error = fd_may_install()) == 0 && listener->pending == NULL) {
        if (!listener->is_listening || listener->shut_in)
            return -EINVAL;
        error = (file->flags & O_NONBLOCK) != 0 ? -EAGAIN : wait_on(&listener->readable, deadline);
        if (error != 0)
            return error == -ETIMEDOUT ? -EAGAIN : error;
    }
    if (error != 0)
        return error;
    *socket = listener->pending;
    listener->pending = (*socket)->next_pending;
    (*socket)->next_pending = NULL;
    listener->pending_count--;
    socket_changed(listener);
    return 0;
}

static long accept(struct file *listener, void *user, unsigned *size, int flags)
{
    struct socket *socket;
    struct file *file;
    int error = take_pending(listener, &socket);

    if (error != 0)
        return error;
    error = socket_file(socket, (unsigned)flags & NON_BLOCKING, &file);
    if (error != 0)
        return error;
    if (user != NULL)
        error = address_to_user(&socket->peer->address, user, size);
    if (error == 0)
        error = fd_install(file, 0, (flags & CLOSE_ON_EXEC) != 0);
    if (error < 0)
        file_put(file);
    return error;
}

long sys_accept4(int fd, void *user, unsigned *size, int flags)
{
    struct file *file;

    if ((flags & ~(CLOSE_ON_EXEC | NON_BLOCKING)) != 0)
        return -EINVAL;
    long result = socket_find(fd, &file);
    if (result != 0)
        return result;
    result = accept(file, user, size, flags);
    file_put(file);
    return result;
}

long sys_accept(int fd, void *user, unsigned *size)
{
    return sys_accept4(fd, user, size, 0);
}

/* ---- Who is who ---- */

long sys_getsockname(int fd, void *user, unsigned *size)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = address_to_user(&socket_of(file)->address, user, size);
    file_put(file);
    return error;
}

long sys_getpeername(int fd, void *user, unsigned *size)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    const struct socket *socket = socket_of(file), *peer = socket->peer;
    const struct address *name = peer != NULL ? &peer->address : &socket->remote;
    if ((peer == NULL && name->size == 0) || socket->is_reset)
        error = -ENOTCONN;
    else
        error = address_to_user(name, user, size);
    file_put(file);
    return error;
}
