/*
 * Sockets of AF_UNIX and AF_INET: streams, datagrams and packets among the programs of the VM.
 * There is no network: the addresses of AF_INET are those of the loopback, of which AF_NETLINK
 * tells; other families are not supported.
 */
#ifndef LINUX_SOCKET_H
#define LINUX_SOCKET_H

#include "schedule.h"
#include "vfs.h"

#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/un.h>

#define AF_UNSPEC  0
#define AF_UNIX    1
#define AF_INET    2
#define AF_NETLINK 16

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5

#define MSG_OOB          0x1
#define MSG_PEEK         0x2
#define MSG_CTRUNC       0x8
#define MSG_TRUNC        0x20
#define MSG_DONTWAIT     0x40
#define MSG_WAITALL      0x100
#define MSG_NOSIGNAL     0x4000
#define MSG_WAITFORONE   0x10000
#define MSG_CMSG_CLOEXEC 0x40000000

#define RIGHTS_MAX 253 /* as in Linux */

/* As bind(2) has it; size 0: it has no name, but a family. */
struct address {
    unsigned size;
    union {
        __kernel_sa_family_t family;
        struct sockaddr_un local;
        struct sockaddr_in inet;
        struct sockaddr_nl netlink;
    } name;
};

struct peer_ids { /* struct ucred */
    uint32_t process, user, group;
};

/* What goes along with the bytes. */
struct ancillary {
    struct peer_ids sender;
    unsigned file_count;
    struct file **files; /* held */
};

struct packet {
    struct packet *next;
    struct address from;
    struct ancillary ancillary;
    size_t size, taken;
    uint8_t bytes[];
};

struct linger {
    int is_on, seconds;
};

struct socket {
    unsigned references;
    int type;
    bool is_closed; /* its descriptors are gone */
    bool is_reset;  /* TCP: its peer was gone before it had received all */
    bool shut_in, shut_out;
    int error;                   /* the next call gets it */
    struct socket *peer;         /* whom it sends to; held */
    struct packet *first, *last; /* what it has received */
    size_t queued;               /* what that takes */
    struct wait_queue readable, writable;
    struct address address;
    struct address remote;     /* of AF_INET, datagrams: only whom they are from and to */
    struct inode *bound;       /* in the file system; held */
    struct socket *next_bound; /* of those with other names */
    bool is_listening;
    bool is_connecting; /* connect(2) has not said yet that it is connected */
    unsigned backlog, pending_count;
    struct socket *pending, *next_pending;  /* connected, to be accepted */
    struct peer_ids peer_ids;               /* SO_PEERCRED */
    uint32_t options;                       /* by the number of each that is on or off */
    struct linger linger;                   /* SO_LINGER */
    uint64_t receive_timeout, send_timeout; /* ns; 0: none */
    int protocol_options[2][24];            /* of IP and TCP, by the number of each */
};

/* socket.c */
struct socket *socket_new(int family, int type); /* NULL when memory is full */
struct socket *socket_get(struct socket *socket);
void socket_put(struct socket *socket);
void socket_changed(struct socket *socket); /* who waits for it looks again */
void socket_close(struct socket *socket);
void socket_reset(struct socket *socket); /* its peer has gone without receiving all */
struct peer_ids socket_own_ids(void);
/* What one sends, the other receives. */
void socket_join(struct socket *a, struct socket *b);
int socket_file(struct socket *socket, unsigned flags, struct file **file); /* takes it */
int socket_find(int fd, struct file **file); /* the file is held; -EBADF, -ENOTSOCK */
uint64_t socket_deadline(uint64_t timeout);
bool socket_has_room(const struct socket *socket, size_t size);
int socket_take_error(struct socket *socket); /* negative; 0: none */

static inline bool socket_is(const struct socket *socket, int family, int type)
{
    return socket->address.name.family == family && socket->type == type;
}

static inline struct socket *socket_of(const struct file *file)
{
    return file->data;
}

/* socket_name.c */
int address_from_user(const void *user, unsigned size, struct address *address);
int address_to_user(const struct address *address, void *user, unsigned *user_size);
int socket_by_address(const struct address *address, int type, struct socket **found); /* held */
void socket_add_bound(struct socket *socket);
struct socket *socket_next_bound(const struct socket *socket); /* NULL: the first; the end */
void socket_unbind(struct socket *socket);

/* socket_inet.c */
int inet_protocol(int type); /* IPPROTO_* */
int inet_bind(struct socket *socket, const struct address *address);
int inet_may_listen(struct socket *socket); /* 0, or why not */
/* `to` becomes the address that it leads to. Who listens there is held. */
int inet_find_listener(struct socket *socket, struct address *to, struct socket **listener);
int inet_connect_datagrams(struct socket *socket, struct address *to);
/* Whom a datagram of this size is for, held; NULL: it gets lost. Size 0 of the address: to the
 * remote one. */
int inet_find_receiver(struct socket *socket, const struct address *address, size_t size,
                       struct socket **receiver);
void inet_set_source(struct address *address); /* what others see where it is bound to all */

/* interface.c */
int netlink_bind(struct socket *socket);
long netlink_send(struct socket *socket, struct iter *from); /* and receives the answer */
long interface_ioctl(unsigned command, void *user);          /* -ENOTTY: it is none of these */

/* socket_queue.c */
struct message {
    struct iter *iter;
    int flags;              /* MSG_* */
    int told;               /* MSG_TRUNC of what was received */
    struct address address; /* of who sent it; or of whom it is sent to, size 0: the peer */
    struct ancillary ancillary;
};

long socket_send(struct file *file, struct message *message);
long socket_receive(struct file *file, struct message *message);
int socket_queue(struct socket *socket, const struct address *from, const void *bytes, size_t size);
void socket_discard(struct socket *socket); /* what it has received */
void ancillary_discard(struct ancillary *ancillary);

#endif
