/* What sockets send and receive: packets, each a datagram or a part of a stream. */
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "signal.h"
#include "socket.h"

#define PART_MAX   16384  /* of a stream, in one packet */
#define PACKET_MAX 212960 /* of a datagram: Linux' */

/* ---- The end of packets ---- */

/*
 * Files that were sent and not received are closed. These may be sockets that have received others,
 * and so on without end: so the packets are freed one after the other, whoever finds them.
 */
static void packets_free(struct packet *list)
{
    static struct packet *doomed;
    static bool is_freeing;

    while (list != NULL) {
        struct packet *packet = list;

        list = packet->next;
        packet->next = doomed;
        doomed = packet;
    }
    if (is_freeing)
        return;
    is_freeing = true;
    while (doomed != NULL) {
        struct packet *packet = doomed;

        doomed = packet->next;
        ancillary_discard(&packet->ancillary);
        kfree(packet);
    }
    is_freeing = false;
}

void ancillary_discard(struct ancillary *ancillary)
{
    for (unsigned i = 0; i < ancillary->file_count; i++)
        file_put(ancillary->files[i]);
    kfree(ancillary->files);
    ancillary->files = NULL;
    ancillary->file_count = 0;
}

void socket_discard(struct socket *socket)
{
    struct packet *list = socket->first;

    socket->first = NULL;
    socket->queued = 0;
    packets_free(list);
}

static size_t cost_of(const struct packet *packet)
{
    return sizeof(*packet) + packet->size;
}

static void append(struct socket *socket, struct packet *packet)
{
    if (socket->first == NULL)
        socket->first = packet;
    else
        socket->last->next = packet;
    socket->last = packet;
    socket->queued += cost_of(packet);
    wake_all(&socket->readable);
    poll_wake();
}

int socket_queue(struct socket *socket, const struct address *from, const void *bytes, size_t size)
{
    struct packet *packet = kmalloc(sizeof(*packet) + size);

    if (packet == NULL || !socket_has_room(socket, size)) {
        kfree(packet);
        return -ENOBUFS;
    }
    *packet = (struct packet){.from = *from, .size = size};
    memcpy(packet->bytes, bytes, size);
    append(socket, packet);
    return 0;
}

static void remove_first(struct socket *socket)
{
    struct packet *packet = socket->first;

    socket->first = packet->next;
    socket->queued -= cost_of(packet);
    packet->next = NULL;
    packets_free(packet);
    wake_all(&socket->writable);
    poll_wake();
}

/* ---- Sending ---- */

/* Whom it goes to, held; NULL: it gets lost. */
static int receiver_of(struct socket *socket, const struct message *message, struct socket **to)
{
    const bool is_inet = socket->address.name.family == AF_INET;

    if (socket_is(socket, AF_INET, SOCK_DGRAM))
        return inet_find_receiver(socket, &message->address, message->iter->left, to);
    if (message->address.size > 0 && !is_inet) {
        if (socket->type != SOCK_DGRAM)
            return socket->peer != NULL ? -EISCONN : -EOPNOTSUPP;
        int error = socket_by_address(&message->address, SOCK_DGRAM, to);
        if (error != 0)
            return error;
        if ((*to)->peer == NULL || (*to)->peer == socket)
            return 0;
        socket_put(*to);
        return -EPERM;
    }
    if (socket->peer == NULL)
        return is_inet ? -EPIPE : -ENOTCONN;
    if (is_inet && socket->peer->is_closed && !socket->shut_out) { /* TCP learns that by sending */
        socket_reset(socket);
        *to = NULL;
        return 0;
    }
    *to = socket_get(socket->peer);
    return 0;
}

/* Why nothing can be sent to `to` any more; 0: it can. */
static int why_not(struct socket *socket, const struct socket *to)
{
    int error = socket->is_reset ? socket_take_error(socket) : 0;

    if (error != 0)
        return error;
    if (socket->type == SOCK_DGRAM && to->is_closed)
        return -ECONNREFUSED;
    if (to->shut_in && to->address.name.family == AF_UNIX)
        return -EPIPE;
    return socket->shut_out || to->is_closed ? -EPIPE : 0;
}

static int wait_for_room(struct file *file, struct socket *to, size_t size, int flags)
{
    struct socket *socket = socket_of(file);
    const uint64_t deadline = socket_deadline(socket->send_timeout);
    int error = why_not(socket, to);

    while (error == 0 && !socket_has_room(to, size)) {
        if ((file->flags & O_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0)
            return -EAGAIN;
        error = wait_on(&to->writable, deadline);
        if (error == 0)
            error = why_not(socket, to);
    }
    return error == -ETIMEDOUT ? -EAGAIN : error;
}

static long send_packet(struct file *file, struct socket *to, struct message *message, size_t size)
{
    const struct socket *socket = socket_of(file);
    int error = wait_for_room(file, to, size, message->flags);

    if (error != 0)
        return error;
    struct packet *packet = kmalloc(sizeof(*packet) + size);
    if (packet == NULL)
        return -ENOBUFS;
    *packet = (struct packet){.from = socket->address, .size = size};
    if (iter_take(message->iter, packet->bytes, size) != (long)size) {
        kfree(packet);
        return -EFAULT;
    }
    if (packet->from.name.family == AF_INET)
        inet_set_source(&packet->from);
    packet->ancillary = message->ancillary;
    if (packet->ancillary.sender.process == 0)
        packet->ancillary.sender = socket_own_ids();
    message->ancillary = (struct ancillary){.sender = packet->ancillary.sender};
    append(to, packet);
    return (long)size;
}

static long send_stream(struct file *file, struct socket *to, struct message *message)
{
    long done = 0;

    while (message->iter->left > 0) {
        const size_t left = message->iter->left;
        long part = send_packet(file, to, message, left < PART_MAX ? left : PART_MAX);

        if (part < 0)
            return done > 0 ? done : part;
        done += part;
    }
    return done;
}

static long send_to(struct file *file, struct socket *to, struct message *message)
{
    const size_t size = message->iter->left;

    if (socket_of(file)->type != SOCK_STREAM)
        return size <= PACKET_MAX ? send_packet(file, to, message, size) : -EMSGSIZE;
    return size > 0 ? send_stream(file, to, message) : why_not(socket_of(file), to);
}

long socket_send(struct file *file, struct message *message)
{
    struct socket *socket = socket_of(file), *to;

    if ((message->flags & MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if (socket->address.name.family == AF_NETLINK)
        return netlink_send(socket, message->iter);
    long done = receiver_of(socket, message, &to);
    if (done == 0 && to == NULL)
        return (long)message->iter->left;
    if (done == 0) {
        done = send_to(file, to, message);
        socket_put(to);
    }
    if (done == -EPIPE && socket->type == SOCK_STREAM && (message->flags & MSG_NOSIGNAL) == 0)
        signal_send(current_process(), SIGPIPE);
    return done;
}

/* ---- Receiving ---- */

/* 1: there is a packet; 0: the end. */
static int wait_for_packet(struct file *file, int flags)
{
    struct socket *socket = socket_of(file);
    const uint64_t deadline = socket_deadline(socket->receive_timeout);

    while (socket->first == NULL) {
        if (socket->error != 0 && socket->error != EPIPE)
            return socket_take_error(socket);
        if (socket->shut_in)
            return 0;
        if (socket->type != SOCK_DGRAM && socket->peer == NULL)
            return socket_is(socket, AF_UNIX, SOCK_STREAM) ? -EINVAL : -ENOTCONN;
        if ((file->flags & O_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0)
            return -EAGAIN;
        int error = wait_on(&socket->readable, deadline);
        if (error != 0)
            return error == -ETIMEDOUT ? -EAGAIN : error;
    }
    return 1;
}

static void take_ancillary(struct packet *packet, struct message *message)
{
    message->ancillary = packet->ancillary;
    packet->ancillary.files = NULL;
    packet->ancillary.file_count = 0;
}

static long receive_packet(struct socket *socket, struct message *message)
{
    struct packet *packet = socket->first;
    const bool is_cut = packet->size > message->iter->left;
    long done = iter_put(message->iter, packet->bytes, is_cut ? message->iter->left : packet->size);

    if (done < 0)
        return done;
    message->address = packet->from;
    message->told |= is_cut ? MSG_TRUNC : 0;
    done = (message->flags & MSG_TRUNC) != 0 ? (long)packet->size : done;
    if ((message->flags & MSG_PEEK) == 0) {
        take_ancillary(packet, message);
        remove_first(socket);
    }
    return done;
}

/* As far as there are bytes, up to and with the first ones that files go along with. */
static long receive_stream(struct socket *socket, struct message *message)
{
    const bool peeks = (message->flags & MSG_PEEK) != 0;
    struct packet *packet = socket->first;
    long done = 0;

    while (packet != NULL && message->iter->left > 0 && message->ancillary.file_count == 0) {
        const size_t there = packet->size - packet->taken, left = message->iter->left;
        long put =
            iter_put(message->iter, packet->bytes + packet->taken, there < left ? there : left);

        if (put < 0)
            return done > 0 ? done : put;
        done += put;
        if (peeks) {
            packet = packet->next;
            continue;
        }
        take_ancillary(packet, message);
        packet->taken += (size_t)put;
        if (packet->taken == packet->size)
            remove_first(socket);
        else
            break;
        packet = socket->first;
    }
    return done;
}

static long receive_all(struct file *file, struct message *message)
{
    const bool waits_for_all =
        (message->flags & MSG_WAITALL) != 0 && (message->flags & MSG_PEEK) == 0;
    long done = 0;

    while (message->iter->left > 0) {
        int found = wait_for_packet(file, message->flags);
        if (found <= 0)
            return done > 0 ? done : found;
        long part = receive_stream(socket_of(file), message);
        if (part < 0)
            return done > 0 ? done : part;
        done += part;
        if (!waits_for_all || message->ancillary.file_count > 0)
            break;
    }
    return done;
}

long socket_receive(struct file *file, struct message *message)
{
    struct socket *socket = socket_of(file);

    if ((message->flags & MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if (socket->type == SOCK_STREAM)
        return receive_all(file, message);
    int found = wait_for_packet(file, message->flags);
    return found > 0 ? receive_packet(socket, message) : found;
}
