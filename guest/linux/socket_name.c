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

static struct socket *abstract;

/* ---- Addresses ---- */

int address_from_user(const void *user, unsigned size, struct address *address)
{
    *address = (struct address){.size = size};
    if (size < FAMILY_SIZE || size > sizeof(address->name))
        return -EINVAL;
    if (copy_from_user(&address->name, user, size) != 0)
        return -EFAULT;
    return 0;
}

int address_to_user(const struct address *address, void *user, unsigned *user_size)
{
    static const struct sockaddr_un unnamed = {.sun_family = AF_UNIX};
    const struct sockaddr_un *name = address->size > 0 ? &address->name : &unnamed;
    const unsigned size = address->size > 0 ? address->size : FAMILY_SIZE;
    unsigned room;

    if (copy_from_user(&room, user_size, sizeof(room)) != 0)
        return -EFAULT;
    if ((int)room < 0)
        return -EINVAL;
    if (copy_to_user(user, name, room < size ? room : size) != 0)
        return -EFAULT;
    return copy_to_user(user_size, &size, sizeof(size));
}

static bool is_abstract(const struct address *address)
{
    return address->name.sun_path[0] == '\0';
}

static bool is_same(const struct address *a, const struct address *b)
{
    return a->size == b->size && memcmp(&a->name, &b->name, a->size) == 0;
}

/* Each type has names of its own. */
static struct socket *find_abstract(const struct address *address, int type)
{
    struct socket *socket = abstract;

    while (socket != NULL && (socket->type != type || !is_same(&socket->address, address)))
        socket = socket->next_abstract;
    return socket;
}

/* The path of an address, with its NUL, which the program may have left out. */
static void path_of(const struct address *address, char path[UNIX_PATH_MAX + 1])
{
    memset(path, 0, UNIX_PATH_MAX + 1);
    memcpy(path, address->name.sun_path, address->size - FAMILY_SIZE);
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

    if (address->name.sun_family != AF_UNIX || address->size == FAMILY_SIZE)
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
    struct socket **at = &abstract;

    if (socket->bound != NULL) {
        socket->bound->data = NULL;
        inode_put(socket->bound);
        socket->bound = NULL;
    }
    while (*at != NULL && *at != socket)
        at = &(*at)->next_abstract;
    if (*at != NULL)
        *at = socket->next_abstract;
}

/* ---- bind(2) ---- */

static int bind_abstract(struct socket *socket, const struct address *address)
{
    if (find_abstract(address, socket->type) != NULL)
        return -EADDRINUSE;
    socket->address = *address;
    socket->next_abstract = abstract;
    abstract = socket;
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
    struct address address = {.size = FAMILY_SIZE + 6, .name.sun_family = AF_UNIX};
    char number[6];
    int error;

    do {
        last = (last + 1) & 0xfffff;
        format(number, sizeof(number), "%05x", last);
        memcpy(address.name.sun_path + 1, number, 5);
        error = bind_abstract(socket, &address);
    } while (error == -EADDRINUSE);
    return error;
}

static int bind_to(struct socket *socket, const struct address *address)
{
    if (address->name.sun_family != AF_UNIX || socket->address.size > 0)
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
    if (socket->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (socket->address.size == 0 || socket->peer != NULL)
        return -EINVAL;
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

/* Until the other one has accepted some: one more than it said may wait. */
static int wait_for_place(struct file *file, struct socket *listener)
{
    const uint64_t deadline = socket_deadline(socket_of(file)->send_timeout);
    int error = 0;

    while (error == 0) {
        if (listener->is_closed || !listener->is_listening)
            return -ECONNREFUSED;
        if (listener->pending_count <= listener->backlog)
            return 0;
        error = (file->flags & O_NONBLOCK) != 0 ? -EAGAIN : wait_on(&listener->writable, deadline);
    }
    return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* The other end is there at once, and what is sent to it waits to be received. */
static int connect_stream(struct file *file, struct socket *listener)
{
    struct socket *socket = socket_of(file), **at = &listener->pending;
    int error = wait_for_place(file, listener);

    if (error != 0)
        return error;
    if (socket->peer != NULL) /* somebody else's connect(2) was faster */
        return -EISCONN;
    struct socket *other = socket_new(socket->type);
    if (other == NULL)
        return -ENOMEM;
    other->address = listener->address;
    other->options = listener->options;
    other->peer_ids = socket_own_ids();
    socket->peer_ids = listener->peer_ids;
    socket_join(socket, other);
    while (*at != NULL)
        at = &(*at)->next_pending;
    *at = other;
    listener->pending_count++;
    socket_changed(listener);
    return 0;
}

static void connect_datagrams(struct socket *socket, struct socket *peer)
{
    struct socket *old = socket->peer;

    socket->peer = peer != NULL ? socket_get(peer) : NULL;
    if (old != NULL)
        socket_put(old);
    socket_changed(socket);
}

static int connect(struct file *file, const struct address *address)
{
    struct socket *socket = socket_of(file), *other;
    const bool is_stream = socket->type != SOCK_DGRAM;
    int error = 0;

    if (!is_stream && address->name.sun_family == AF_UNSPEC) {
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
        error = connect_stream(file, other);
    else if (other->peer != NULL && other->peer != socket)
        error = -EPERM;
    else
        connect_datagrams(socket, other);
    socket_put(other);
    return error;
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
    while (listener->pending == NULL) {
        if (!listener->is_listening || listener->shut_in)
            return -EINVAL;
        error = (file->flags & O_NONBLOCK) != 0 ? -EAGAIN : wait_on(&listener->readable, deadline);
        if (error != 0)
            return error == -ETIMEDOUT ? -EAGAIN : error;
    }
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
    const struct socket *peer = socket_of(file)->peer;
    error = peer != NULL ? address_to_user(&peer->address, user, size) : -ENOTCONN;
    file_put(file);
    return error;
}
