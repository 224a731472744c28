/* What can be set and asked of sockets. */
#include "kernel.h"
#include "memory.h"
#include "socket.h"
#include "syscalls.h"

#include <asm/socket.h>
#include <linux/tcp.h>
#include <linux/time_types.h>

#define SIZE_OF_QUEUE 212992
/* Those that are on or off, and change nothing here but for SO_PASSCRED. */
#define SWITCHES                                                                                   \
    (1u << SO_REUSEADDR | 1u << SO_KEEPALIVE | 1u << SO_BROADCAST | 1u << SO_OOBINLINE |           \
     1u << SO_DONTROUTE | 1u << SO_REUSEPORT | 1u << SO_PASSCRED | 1u << SO_DEBUG)

/*
 * Those of IP and TCP, of which only the values are kept: on the way to the loopback nothing is
 * lost, late or cut.
 */
#define IP_HINTS (1u << IP_TOS | 1u << IP_TTL | 1u << IP_MTU_DISCOVER | 1u << IP_RECVERR)
#define TCP_HINTS                                                                                  \
    (1u << TCP_NODELAY | 1u << TCP_CORK | 1u << TCP_KEEPIDLE | 1u << TCP_KEEPINTVL |               \
     1u << TCP_KEEPCNT | 1u << TCP_SYNCNT | 1u << TCP_LINGER2 | 1u << TCP_DEFER_ACCEPT |           \
     1u << TCP_WINDOW_CLAMP | 1u << TCP_QUICKACK | 1u << TCP_USER_TIMEOUT | 1u << TCP_FASTOPEN)

/* Where the value is, or an error. */
static int protocol_option(struct socket *socket, int level, int option, int **value)
{
    const bool is_tcp = level == IPPROTO_TCP && socket_is(socket, AF_INET, SOCK_STREAM);
    const uint32_t options = is_tcp ? TCP_HINTS : level == IPPROTO_IP ? IP_HINTS : 0;

    if (socket->address.name.family != AF_INET)
        return -EOPNOTSUPP;
    if (option < 0 || option > 31 || (options & 1u << option) == 0)
        return -ENOPROTOOPT;
    *value = &socket->protocol_options[is_tcp][option];
    return 0;
}

static int number_of(struct socket *socket, int option, int *value)
{
    switch (option) {
    case SO_TYPE:
        *value = socket->type;
        return 0;
    case SO_DOMAIN:
        *value = socket->address.name.family;
        return 0;
    case SO_ERROR:
        *value = -socket_take_error(socket);
        return 0;
    case SO_SNDBUF:
    case SO_RCVBUF:
        *value = SIZE_OF_QUEUE;
        return 0;
    case SO_ACCEPTCONN:
        *value = socket->is_listening;
        return 0;
    case SO_PROTOCOL:
        *value = socket->address.name.family == AF_INET ? inet_protocol(socket->type) : 0;
        return 0;
    }
    if (option < 0 || option > 31 || (SWITCHES & 1u << option) == 0)
        return -ENOPROTOOPT;
    *value = (socket->options & 1u << option) != 0;
    return 0;
}

/* The value, in a buffer that has room for all; its size, or an error. */
static int get(struct socket *socket, int level, int option, void *value)
{
    const uint64_t timeout =
        option == SO_RCVTIMEO_OLD ? socket->receive_timeout : socket->send_timeout;

    if (level != SOL_SOCKET) {
        int *kept, error = protocol_option(socket, level, option, &kept);

        if (error != 0)
            return error;
        memcpy(value, kept, sizeof(*kept));
        return sizeof(*kept);
    }
    switch (option) {
    case SO_PEERCRED:
        memcpy(value, &socket->peer_ids, sizeof(socket->peer_ids));
        return sizeof(socket->peer_ids);
    case SO_LINGER:
        memcpy(value, &socket->linger, sizeof(socket->linger));
        return sizeof(socket->linger);
    case SO_RCVTIMEO_OLD:
    case SO_SNDTIMEO_OLD: {
        const int64_t time[2] = {(int64_t)(timeout / NSEC_PER_SEC),
                                 (int64_t)(timeout % NSEC_PER_SEC / 1000)};
        memcpy(value, time, sizeof(time));
        return sizeof(time);
    }
    default: {
        int error = number_of(socket, option, value);
        return error != 0 ? error : (int)sizeof(int);
    }
    }
}

static int get_for_user(struct socket *socket, int level, int option, void *to, unsigned *user_size)
{
    uint64_t value[4];
    unsigned room;

    if (copy_from_user(&room, user_size, sizeof(room)) != 0)
        return -EFAULT;
    if ((int)room < 0)
        return -EINVAL;
    int size = get(socket, level, option, value);
    if (size < 0)
        return size;
    room = room < (unsigned)size ? room : (unsigned)size;
    if (copy_to_user(to, value, room) != 0)
        return -EFAULT;
    return copy_to_user(user_size, &room, sizeof(room));
}

long sys_getsockopt(int fd, int level, int option, void *to, unsigned *size)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = get_for_user(socket_of(file), level, option, to, size);
    file_put(file);
    return error;
}

static int set_timeout(uint64_t *timeout, const void *from, unsigned size)
{
    int64_t time[2];

    if (size < sizeof(time))
        return -EINVAL;
    if (copy_from_user(time, from, sizeof(time)) != 0)
        return -EFAULT;
    if (time[1] < 0 || time[1] >= 1000000)
        return -EDOM;
    *timeout = 0; /* none; as are those that no program will see the end of */
    if (time[0] >= 0 && time[0] < INT32_MAX)
        *timeout = (uint64_t)time[0] * NSEC_PER_SEC + (uint64_t)time[1] * 1000;
    return 0;
}

static int set_linger(struct linger *linger, const void *from, unsigned size)
{
    struct linger value;

    if (size < sizeof(value))
        return -EINVAL;
    if (copy_from_user(&value, from, sizeof(value)) != 0)
        return -EFAULT;
    linger->is_on = value.is_on != 0;
    if (linger->is_on)
        linger->seconds = value.seconds;
    return 0;
}

static int set(struct socket *socket, int level, int option, const void *from, unsigned size)
{
    int value, *kept;

    if (level == SOL_SOCKET && option == SO_RCVTIMEO_OLD)
        return set_timeout(&socket->receive_timeout, from, size);
    if (level == SOL_SOCKET && option == SO_SNDTIMEO_OLD)
        return set_timeout(&socket->send_timeout, from, size);
    if (level == SOL_SOCKET && option == SO_LINGER)
        return set_linger(&socket->linger, from, size);
    if (size < sizeof(value))
        return -EINVAL;
    if (copy_from_user(&value, from, sizeof(value)) != 0)
        return -EFAULT;
    if (level != SOL_SOCKET) {
        int error = protocol_option(socket, level, option, &kept);

        if (error == 0)
            *kept = value;
        return error;
    }
    if (option == SO_SNDBUF || option == SO_RCVBUF || option == SO_PRIORITY) /* hints, here */
        return 0;
    if (option < 0 || option > 31 || (SWITCHES & 1u << option) == 0)
        return -ENOPROTOOPT;
    socket->options &= ~(1u << option);
    socket->options |= (unsigned)(value != 0) << option;
    return 0;
}

long sys_setsockopt(int fd, int level, int option, const void *from, unsigned size)
{
    struct file *file;
    int error = socket_find(fd, &file);

    if (error != 0)
        return error;
    error = set(socket_of(file), level, option, from, size);
    file_put(file);
    return error;
}
