/* System calls that send and receive: bytes, where from and to, and what goes along with them. */
#include "kernel.h"
#include "memory.h"
#include "poll.h"
#include "process.h"
#include "socket.h"
#include "syscalls.h"

#include <asm/socket.h>

#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define CONTROL_MAX     20480 /* as in Linux: net.core.optmem_max */
#define ALIGNED(size)   (((size) + 7) & ~7ul)

struct header { /* struct msghdr */
    void *name;
    uint32_t name_size, padding;
    struct iovec *vector;
    uint64_t count;
    uint8_t *control;
    uint64_t control_size;
    int32_t flags, padding2;
};

struct control { /* struct cmsghdr */
    uint64_t size;
    int32_t level, type;
};

/* ---- What is sent along ---- */

/* There may be several lists of them, which are received as one. */
static int take_files(const int *fds, size_t count, struct ancillary *ancillary)
{
    const size_t total = ancillary->file_count + count;

    if (total > RIGHTS_MAX)
        return -EINVAL;
    if (count == 0)
        return 0;
    struct file **files = krealloc(ancillary->files, total * sizeof(struct file *));
    if (files == NULL)
        return -ENOMEM;
    ancillary->files = files;
    for (size_t i = 0; i < count; i++) {
        struct file *file = fd_file(fds[i]);

        if (file == NULL)
            return -EBADF;
        ancillary->files[ancillary->file_count++] = file;
    }
    return 0;
}

/* Only one's own: there is nobody who may speak for others. */
static int take_ids(const struct peer_ids *ids, struct ancillary *ancillary)
{
    const struct peer_ids own = socket_own_ids();

    if (memcmp(ids, &own, sizeof(own)) != 0)
        return -EPERM;
    ancillary->sender = own;
    return 0;
}

static int parse_control(const uint8_t *bytes, size_t size, struct ancillary *ancillary)
{
    int error = 0;

    while (size >= sizeof(struct control) && error == 0) {
        const struct control *control = (const struct control *)bytes;
        const size_t data = control->size - sizeof(*control);

        if (control->size < sizeof(*control) || control->size > size)
            return -EINVAL;
        if (control->level == SOL_SOCKET) {
            if (control->type == SCM_RIGHTS)
                error = take_files((const int *)(control + 1), data / sizeof(int), ancillary);
            else if (control->type == SCM_CREDENTIALS && data == sizeof(struct peer_ids))
                error = take_ids((const struct peer_ids *)(control + 1), ancillary);
            else
                error = -EINVAL;
        }
        const size_t step = ALIGNED(control->size);
        size -= step < size ? step : size;
        bytes += step;
    }
    return error;
}

static int control_from_user(const struct header *header, struct ancillary *ancillary)
{
    if (header->control_size == 0)
        return 0;
    if (header->control_size > CONTROL_MAX)
        return -ENOBUFS;
    uint8_t *bytes = kmalloc(header->control_size);
    if (bytes == NULL)
        return -ENOBUFS;
    int error = copy_from_user(bytes, header->control, header->control_size);
    if (error == 0)
        error = parse_control(bytes, header->control_size, ancillary);
    kfree(bytes);
    return error;
}

/* ---- What is received along ---- */

/* Appends to the program's buffer, and says MSG_CTRUNC where it has no room. */
static int put_control(struct header *header, size_t *used, int type, const void *data, size_t size)
{
    const struct control control = {sizeof(control) + size, SOL_SOCKET, type};

    if (header->control_size - *used < control.size) {
        header->flags |= MSG_CTRUNC;
        return 0;
    }
    if (copy_to_user(header->control + *used, &control, sizeof(control)) != 0 ||
        copy_to_user(header->control + *used + sizeof(control), data, size) != 0)
        return -EFAULT;
    *used += ALIGNED(control.size);
    if (*used > header->control_size)
        *used = header->control_size;
    return 0;
}

/* As many of the files as there is room for become descriptors. */
static int put_files(struct header *header, size_t *used, const struct ancillary *ancillary,
                     bool close_on_exec)
{
    const size_t left = header->control_size - *used;
    size_t count = left > sizeof(struct control) ? (left - sizeof(struct control)) / 4 : 0;
    int fds[RIGHTS_MAX];
    size_t made = 0;

    if (count < ancillary->file_count)
        header->flags |= MSG_CTRUNC;
    else
        count = ancillary->file_count;
    for (; made < count; made++) {
        fds[made] = fd_install(file_get(ancillary->files[made]), 0, close_on_exec);
        if (fds[made] < 0) {
            file_put(ancillary->files[made]);
            header->flags |= MSG_CTRUNC;
            break;
        }
    }
    return made > 0 ? put_control(header, used, SCM_RIGHTS, fds, made * sizeof(int)) : 0;
}

static int control_to_user(struct header *header, const struct socket *socket,
                           const struct message *message)
{
    size_t used = 0;
    int error = 0;

    if ((socket->options & 1u << SO_PASSCRED) != 0)
        error = put_control(header, &used, SCM_CREDENTIALS, &message->ancillary.sender,
                            sizeof(message->ancillary.sender));
    if (error == 0 && message->ancillary.file_count > 0)
        error =
            put_files(header, &used, &message->ancillary, (message->flags & MSG_CMSG_CLOEXEC) != 0);
    header->control_size = used;
    return error;
}

/* ---- sendmsg(2), recvmsg(2) ---- */

/* The header, and its vector, to be freed by kfree(). */
static int header_from_user(const void *user, struct header *header, struct iovec **vector,
                            struct iter *iter)
{
    if (copy_from_user(header, user, sizeof(*header)) != 0)
        return -EFAULT;
    if (header->count > UIO_MAXIOV)
        return -EMSGSIZE;
    const size_t size = header->count * sizeof(**vector);
    *vector = kmalloc(size + 1);
    if (*vector == NULL)
        return -ENOMEM;
    *iter = (struct iter){.vector = *vector};
    int error = copy_from_user(*vector, header->vector, size);
    for (size_t i = 0; i < header->count && error == 0; i++) {
        if ((*vector)[i].iov_len > COUNT_MAX - iter->left)
            error = -EINVAL;
        iter->left += (*vector)[i].iov_len;
    }
    if (error != 0)
        kfree(*vector);
    return error;
}

static long send_message(struct file *file, const struct header *header, struct message *message)
{
    int error = 0;

    if (header->name != NULL && header->name_size > 0)
        error = address_from_user(header->name, header->name_size, &message->address);
    if (error == 0)
        error = control_from_user(header, &message->ancillary);
    long done = error != 0 ? error : socket_send(file, message);
    ancillary_discard(&message->ancillary);
    return done;
}

long sys_sendmsg(int fd, const void *user, int flags)
{
    struct iter iter;
    struct message message = {.iter = &iter, .flags = flags};
    struct iovec *vector;
    struct header header;
    struct file *file;
    long done = socket_find(fd, &file);

    if (done != 0)
        return done;
    done = header_from_user(user, &header, &vector, &iter);
    if (done == 0) {
        done = send_message(file, &header, &message);
        kfree(vector);
    }
    file_put(file);
    return done;
}

/* Of a stream nobody asks whom it is from. */
static int tell_sender(const struct socket *socket, struct header *header,
                       const struct message *message)
{
    const unsigned size = message->address.size;

    if (header->name != NULL && size > 0 && socket->type == SOCK_DGRAM &&
        copy_to_user(header->name, &message->address.name,
                     size < header->name_size ? size : header->name_size) != 0)
        return -EFAULT;
    header->name_size = socket->type == SOCK_DGRAM ? size : 0;
    return 0;
}

static long receive_message(struct file *file, struct header *header, struct message *message,
                            void *user)
{
    long done = socket_receive(file, message);

    if (done < 0)
        return done;
    header->flags = message->told | (message->flags & MSG_CMSG_CLOEXEC);
    int error = tell_sender(socket_of(file), header, message);
    if (error == 0)
        error = control_to_user(header, socket_of(file), message);
    ancillary_discard(&message->ancillary);
    if (error == 0)
        error = copy_to_user(user, header, sizeof(*header));
    return error != 0 ? error : done;
}

long sys_recvmsg(int fd, void *user, int flags)
{
    struct iter iter;
    struct message message = {.iter = &iter, .flags = flags};
    struct iovec *vector;
    struct header header;
    struct file *file;
    long done = socket_find(fd, &file);

    if (done != 0)
        return done;
    done = header_from_user(user, &header, &vector, &iter);
    if (done == 0) {
        done = receive_message(file, &header, &message, user);
        kfree(vector);
    }
    file_put(file);
    return done;
}

/* ---- sendmmsg(2), recvmmsg(2) ---- */

struct counted { /* struct mmsghdr */
    struct header header;
    uint32_t size, padding;
};

static long put_size(struct counted *message, long size)
{
    const uint32_t told = (uint32_t)size;

    return size < 0 ? size : copy_to_user(&message->size, &told, sizeof(told));
}

/* An error after the first is no error: those before it are done. */
long sys_sendmmsg(int fd, void *user, unsigned count, int flags)
{
    struct counted *messages = user;
    unsigned done = 0;
    long error = 0;

    while (done < count && done < UIO_MAXIOV) {
        error = put_size(&messages[done], sys_sendmsg(fd, &messages[done], flags));
        if (error != 0)
            break;
        done++;
    }
    return done > 0 ? (long)done : error;
}

/* The time is looked at after each message, as in Linux: it does not end the wait for the next. */
long sys_recvmmsg(int fd, void *user, unsigned count, int flags, const void *timeout)
{
    struct counted *messages = user;
    uint64_t deadline;
    unsigned done = 0;
    long error = poll_deadline_from_user(timeout, &deadline);

    while (error == 0 && done < count && done < UIO_MAXIOV) {
        error =
            put_size(&messages[done], sys_recvmsg(fd, &messages[done], flags & ~MSG_WAITFORONE));
        if (error != 0)
            break;
        done++;
        if ((flags & MSG_WAITFORONE) != 0)
            flags |= MSG_DONTWAIT;
        if (time_monotonic() >= deadline)
            break;
    }
    return done > 0 ? (long)done : error;
}

/* ---- sendto(2), recvfrom(2) ---- */

long sys_sendto(int fd, void *buffer, size_t size, int flags, const void *to, unsigned to_size)
{
    struct iovec one;
    struct iter iter = iter_of_user(&one, buffer, size < COUNT_MAX ? size : COUNT_MAX);
    struct message message = {.iter = &iter, .flags = flags};
    struct file *file;
    long done = socket_find(fd, &file);

    if (done != 0)
        return done;
    if (to != NULL && to_size > 0)
        done = address_from_user(to, to_size, &message.address);
    if (done == 0)
        done = socket_send(file, &message);
    file_put(file);
    return done;
}

long sys_recvfrom(int fd, void *buffer, size_t size, int flags, void *from, unsigned *from_size)
{
    struct iovec one;
    struct iter iter = iter_of_user(&one, buffer, size < COUNT_MAX ? size : COUNT_MAX);
    struct message message = {.iter = &iter, .flags = flags};
    const unsigned none = 0;
    struct file *file;
    long done = socket_find(fd, &file);

    if (done != 0)
        return done;
    done = socket_receive(file, &message);
    ancillary_discard(&message.ancillary);
    int error = 0;
    if (done >= 0 && from != NULL) {
        if (socket_of(file)->type == SOCK_DGRAM && message.address.size > 0)
            error = address_to_user(&message.address, from, from_size);
        else
            error = copy_to_user(from_size, &none, sizeof(none));
    }
    file_put(file);
    return error != 0 ? error : done;
}
