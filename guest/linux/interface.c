/* The one interface of the network, the loopback: by NETLINK_ROUTE (rtnetlink(7)) and by ioctl(2).
 */
#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "socket.h"

#include <asm/errno.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#define NAME     "lo"
#define INDEX    1
#define HARDWARE 772  /* ARPHRD_LOOPBACK */
#define FLAGS    0x49 /* IFF_UP, IFF_LOOPBACK, IFF_RUNNING */
#define LOWER_UP 0x10000
#define MTU      65536
#define ADDRESS  __builtin_bswap32(INADDR_LOOPBACK)
#define PREFIX   8 /* of its bits, those of the network */

#define REPLY_SIZE 256

/* ---- Netlink ---- */

struct request {
    struct nlmsghdr header;
    struct rtgenmsg general;
};

struct reply {
    _Alignas(NLMSG_ALIGNTO) uint8_t bytes[REPLY_SIZE];
    size_t size;
    struct nlmsghdr *last;
    const struct nlmsghdr *request;
    uint32_t port;
};

static void put(struct reply *reply, const void *data, size_t size)
{
    memcpy(reply->bytes + reply->size, data, size);
    reply->size += NLMSG_ALIGN(size);
    reply->last->nlmsg_len = (uint32_t)(reply->bytes + reply->size - (uint8_t *)reply->last);
}

static void put_attribute(struct reply *reply, uint16_t type, const void *data, uint16_t size)
{
    const struct rtattr attribute = {(uint16_t)RTA_LENGTH(size), type};

    put(reply, &attribute, sizeof(attribute));
    put(reply, data, size);
}

static void put_message(struct reply *reply, uint16_t type, uint16_t flags, const void *data,
                        size_t size)
{
    const struct nlmsghdr header = {.nlmsg_type = type,
                                    .nlmsg_flags = flags,
                                    .nlmsg_seq = reply->request->nlmsg_seq,
                                    .nlmsg_pid = reply->port};

    reply->last = (struct nlmsghdr *)(reply->bytes + reply->size);
    put(reply, &header, sizeof(header));
    put(reply, data, size);
}

static void put_link(struct reply *reply)
{
    static const struct ifinfomsg link = {
        .ifi_type = HARDWARE, .ifi_index = INDEX, .ifi_flags = FLAGS | LOWER_UP};
    static const uint8_t hardware[6];
    static const uint32_t mtu = MTU;

    put_message(reply, RTM_NEWLINK, NLM_F_MULTI, &link, sizeof(link));
    put_attribute(reply, IFLA_IFNAME, NAME, sizeof(NAME));
    put_attribute(reply, IFLA_MTU, &mtu, sizeof(mtu));
    put_attribute(reply, IFLA_ADDRESS, hardware, sizeof(hardware));
    put_attribute(reply, IFLA_BROADCAST, hardware, sizeof(hardware));
}

static void put_address(struct reply *reply)
{
    static const struct ifaddrmsg about = {.ifa_family = AF_INET,
                                           .ifa_prefixlen = PREFIX,
                                           .ifa_flags = IFA_F_PERMANENT,
                                           .ifa_scope = RT_SCOPE_HOST,
                                           .ifa_index = INDEX};
    const uint32_t address = ADDRESS;

    put_message(reply, RTM_NEWADDR, NLM_F_MULTI, &about, sizeof(about));
    put_attribute(reply, IFA_ADDRESS, &address, sizeof(address));
    put_attribute(reply, IFA_LOCAL, &address, sizeof(address));
    put_attribute(reply, IFA_LABEL, NAME, sizeof(NAME));
}

static bool is_dump(const struct request *request)
{
    const uint16_t type = request->header.nlmsg_type;

    return (request->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
           (type == RTM_GETLINK || type == RTM_GETADDR || type == RTM_GETROUTE);
}

static void answer(const struct request *request, struct reply *reply)
{
    const uint8_t family = request->general.rtgen_family;
    const struct nlmsgerr error = {-EOPNOTSUPP, request->header};
    const int done = 0;

    if (!is_dump(request)) {
        put_message(reply, NLMSG_ERROR, 0, &error, sizeof(error));
        return;
    }
    if (request->header.nlmsg_type == RTM_GETLINK)
        put_link(reply);
    if (request->header.nlmsg_type == RTM_GETADDR && (family == AF_UNSPEC || family == AF_INET))
        put_address(reply);
    put_message(reply, NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
}

int netlink_bind(struct socket *socket)
{
    if (socket->address.size > 0)
        return -EINVAL;
    socket->address = (struct address){
        .size = sizeof(struct sockaddr_nl),
        .name.netlink = {.nl_family = AF_NETLINK, .nl_pid = (uint32_t)current_process()->id}};
    return 0;
}

long netlink_send(struct socket *socket, struct iter *from)
{
    static const struct address kernel = {.size = sizeof(struct sockaddr_nl),
                                          .name.netlink = {.nl_family = AF_NETLINK}};
    struct request request = {0};
    struct reply reply = {.request = &request.header};
    const size_t size = from->left;

    if (size < NLMSG_LENGTH(sizeof(request.general)))
        return -EINVAL;
    const size_t taken = size < sizeof(request) ? size : sizeof(request);
    if (iter_take(from, &request, taken) != (long)taken)
        return -EFAULT;
    if (socket->address.size == 0)
        netlink_bind(socket);
    reply.port = socket->address.name.netlink.nl_pid;
    answer(&request, &reply);
    int error = socket_queue(socket, &kernel, reply.bytes, reply.size);
    return error != 0 ? error : (long)size;
}

/* ---- ioctl(2): netdevice(7) ---- */

struct interface { /* struct ifreq */
    char name[16];
    union {
        struct sockaddr_in address;
        int32_t number;
        uint8_t bytes[24];
    };
};

struct list { /* struct ifconf */
    int32_t size, padding;
    struct interface *interfaces;
};

static long list_interfaces(void *user)
{
    static const struct interface loopback = {
        NAME, {.address = {.sin_family = AF_INET, .sin_addr.s_addr = ADDRESS}}};
    struct list list;

    if (copy_from_user(&list, user, sizeof(list)) != 0)
        return -EFAULT;
    const bool has_room = list.interfaces == NULL || list.size >= (int)sizeof(loopback);
    list.size = has_room ? sizeof(loopback) : 0;
    if (has_room && list.interfaces != NULL &&
        copy_to_user(list.interfaces, &loopback, sizeof(loopback)) != 0)
        return -EFAULT;
    return copy_to_user(user, &list, sizeof(list));
}

static int tell(struct interface *interface, unsigned command)
{
    interface->address = (struct sockaddr_in){.sin_family = AF_INET};
    switch (command) {
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
        interface->address.sin_addr.s_addr = ADDRESS;
        return 0;
    case SIOCGIFNETMASK:
        interface->address.sin_addr.s_addr = (1u << PREFIX) - 1;
        return 0;
    case SIOCGIFBRDADDR: /* there is none */
        return 0;
    case SIOCGIFHWADDR:
        interface->address.sin_family = HARDWARE;
        return 0;
    case SIOCGIFFLAGS:
        interface->number = FLAGS;
        return 0;
    case SIOCGIFMTU:
        interface->number = MTU;
        return 0;
    case SIOCGIFINDEX:
        interface->number = INDEX;
        return 0;
    default:
        return -ENOTTY;
    }
}

long interface_ioctl(unsigned command, void *user)
{
    struct interface interface;

    if (command == SIOCGIFCONF)
        return list_interfaces(user);
    if (command < SIOCGIFNAME || command > SIOCGIFINDEX)
        return -ENOTTY;
    if (copy_from_user(&interface, user, sizeof(interface)) != 0)
        return -EFAULT;
    if (command == SIOCGIFNAME ? interface.number != INDEX
                               : strncmp(interface.name, NAME, sizeof(interface.name)) != 0)
        return -ENODEV;
    int error = 0;
    if (command == SIOCGIFNAME)
        memcpy(interface.name, NAME, sizeof(NAME));
    else
        error = tell(&interface, command);
    return error != 0 ? error : copy_to_user(user, &interface, sizeof(interface));
}
