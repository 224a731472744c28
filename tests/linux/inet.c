/* Sockets of AF_INET on the loopback: names, connections, datagrams, who may not, and ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long value)
{
    if (value < 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %ld\n", what, value);
}

static struct sockaddr_in address_of(const char *host, in_port_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = port};

    inet_pton(AF_INET, host, &address.sin_addr);
    return address;
}

static int bind_to(int fd, const char *host, in_port_t port)
{
    const struct sockaddr_in address = address_of(host, port);

    return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static int connect_to(int fd, const char *host, in_port_t port)
{
    const struct sockaddr_in address = address_of(host, port);

    return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long send_to(int fd, const char *text, const char *host, in_port_t port)
{
    const struct sockaddr_in address = address_of(host, port);

    return sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&address, sizeof(address));
}

static in_port_t port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof(address);

    getsockname(fd, (struct sockaddr *)&address, &size);
    return address.sin_port;
}

/* What getsockname(2) and getpeername(2) say; of the port, whether it is `port`. */
static void print_name(const char *what, int (*ask)(int, struct sockaddr *, socklen_t *), int fd,
                       in_port_t port)
{
    struct sockaddr_in address = {0};
    socklen_t size = 100;

    if (ask(fd, (struct sockaddr *)&address, &size) != 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %u bytes, family %d, %s, %s\n", what, size, address.sin_family,
               inet_ntoa(address.sin_addr),
               address.sin_port == 0      ? "no port"
               : address.sin_port == port ? "the port"
                                          : "a port");
}

static void print_events(const char *what, int fd)
{
    struct pollfd pollfd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
    int count = poll(&pollfd, 1, 0);

    printf("%s: %d:%s%s%s%s%s\n", what, count, pollfd.revents & POLLIN ? " in" : "",
           pollfd.revents & POLLOUT ? " out" : "", pollfd.revents & POLLRDHUP ? " rdhup" : "",
           pollfd.revents & POLLHUP ? " hup" : "", pollfd.revents & POLLERR ? " err" : "");
}

static int option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);

    return getsockopt(fd, level, option, &value, &size) == 0 ? value : -errno;
}

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

static void test_kinds(void)
{
    int stream = socket(AF_INET, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0);

    say("UDP stream", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    say("TCP datagrams", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    say("packets", socket(AF_INET, SOCK_SEQPACKET, 0));
    say("protocol", option_of(stream, SOL_SOCKET, SO_PROTOCOL));
    say("protocol", option_of(datagrams, SOL_SOCKET, SO_PROTOCOL));
    say("domain", option_of(stream, SOL_SOCKET, SO_DOMAIN));
    say("type", option_of(datagrams, SOL_SOCKET, SO_TYPE));
    say("TCP_NODELAY", option_of(stream, IPPROTO_TCP, TCP_NODELAY));
    say("set", set_option(stream, IPPROTO_TCP, TCP_NODELAY, 1));
    say("TCP_NODELAY", option_of(stream, IPPROTO_TCP, TCP_NODELAY));
    say("IP_RECVERR", set_option(datagrams, IPPROTO_IP, IP_RECVERR, 0));
    say("no such option", set_option(stream, IPPROTO_TCP, 30000, 1));
    close(stream);
    close(datagrams);
}

static void test_bind(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage any = {.ss_family = AF_INET}, none = {.ss_family = AF_UNIX};

    say("bind elsewhere", bind_to(fd, "192.0.2.1", 0));
    say("bind to another family", bind(fd, (struct sockaddr *)&none, sizeof(none)));
    say("bind to a part", bind(fd, (struct sockaddr *)&any, 8));
    print_name("nowhere", getsockname, fd, 0);
    say("bind", bind(fd, (struct sockaddr *)&any, sizeof(any)));
    say("bind again", bind_to(fd, "127.0.0.1", 0));
    const in_port_t port = port_of(fd);
    print_name("everywhere", getsockname, fd, port);
    say("bind there, too", bind_to(other, "127.0.0.1", port));
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(other, SOL_SOCKET, SO_REUSEADDR, 1);
    say("both may", bind_to(other, "127.0.0.1", port));
    say("listen", listen(fd, 1));
    say("only one may", listen(other, 1));
    close(other);
    other = socket(AF_INET, SOCK_STREAM, 0);
    set_option(other, SOL_SOCKET, SO_REUSEADDR, 1);
    say("while one listens", bind_to(other, "127.0.0.1", port));
    close(fd);
    say("after the end", bind_to(other, "127.0.0.1", port));
    close(other);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    say("listen without a name", listen(fd, 1));
    print_name("somewhere", getsockname, fd, 0);
    other = socket(AF_INET, SOCK_DGRAM, 0);
    say("another protocol", bind_to(other, "127.0.0.1", port_of(fd)));
    say("does not listen", listen(other, 1));
    close(fd);
    close(other);
}

static int listener_at(const char *host, in_port_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    bind_to(fd, host, 0);
    listen(fd, 4);
    *port = port_of(fd);
    return fd;
}

static void test_stream(const char *host)
{
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    in_port_t port;
    int listener = listener_at(host, &port), client = socket(AF_INET, SOCK_STREAM, 0);
    char bytes[16];

    say("receive of nobody", recv(client, bytes, 1, 0));
    say("send to nobody", send(client, bytes, 1, 0));
    print_events("not connected", client);
    say("shut down nobody", shutdown(client, SHUT_RDWR));
    close(client);
    client = socket(AF_INET, SOCK_STREAM, 0);
    print_events("nobody yet", listener);
    set_option(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    say("connect", connect_to(client, host, port));
    say("connect again", connect_to(client, host, port));
    print_events("somebody", listener);
    say("early", send_to(client, "early", "192.0.2.1", 1));
    int server = accept4(listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    printf("accept: %d, %u, %s, %d\n", server >= 0, size, inet_ntoa(from.sin_addr),
           from.sin_port == port_of(client));
    say("inherited", option_of(server, IPPROTO_TCP, TCP_NODELAY));
    print_name("server", getsockname, server, port);
    print_name("server's peer", getpeername, server, port_of(client));
    print_name("client", getsockname, client, port_of(client));
    print_name("client's peer", getpeername, client, port);
    print_name("listener's peer", getpeername, listener, port);
    print_events("server", server);
    size = sizeof(from);
    say("received", recvfrom(server, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size));
    say("from bytes", size);
    say("again", recv(server, bytes, sizeof(bytes), 0));
    say("one way", shutdown(client, SHUT_WR));
    say("no more", send(client, "x", 1, 0));
    print_events("client", client);
    print_events("server", server);
    say("end", recv(server, bytes, 1, 0));
    say("the other way", send(server, "back", 4, 0));
    say("back", recv(client, bytes, sizeof(bytes), 0));
    close(server);
    print_events("client", client);
    say("the end", recv(client, bytes, sizeof(bytes), 0));
    close(client);
    close(listener);
}

static void test_refusal(void)
{
    in_port_t port;
    int listener = listener_at("127.0.0.1", &port), client = socket(AF_INET, SOCK_STREAM, 0);

    say("listener", connect_to(listener, "127.0.0.1", port));
    say("another address", connect_to(client, "127.0.0.2", port));
    close(client);
    close(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    say("refused", connect_to(client, "127.0.0.1", port));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    say("bind", bind_to(listener, "127.0.0.1", port));
    say("listen", listen(listener, 1));
    say("connect once more", connect_to(client, "0.0.0.0", port));
    print_name("client's peer", getpeername, client, port);
    close(client);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("without waiting", connect_to(client, "127.0.0.1", port));
    print_events("events", client);
    say("then", connect_to(client, "127.0.0.1", port));
    say("then", connect_to(client, "127.0.0.1", port));
    close(client);
    close(listener);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("refused without waiting", connect_to(client, "127.0.0.1", port));
    printf("because: %s\n", strerror(option_of(client, SOL_SOCKET, SO_ERROR)));
    close(client);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("refused without waiting", connect_to(client, "127.0.0.1", port));
    say("again", connect_to(client, "127.0.0.1", port));
    close(client);
}

static int set_linger(int fd, int is_on, int seconds)
{
    const struct linger linger = {is_on, seconds};

    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void print_linger(int fd)
{
    struct linger linger = {-1, -1};
    socklen_t size = sizeof(linger);

    getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size);
    printf("linger: %d, %d s, %u bytes\n", linger.l_onoff, linger.l_linger, size);
}

/* What is left of a connection that is reset. */
static void print_reset(const char *what, int fd)
{
    struct pollfd reset = {fd, 0, 0};
    char bytes[16];

    say(what, poll(&reset, 1, 10000));
    print_events("events", fd);
    for (int i = 0; i < 3; i++)
        say("receive", recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
    for (int i = 0; i < 2; i++)
        say("send", send(fd, "x", 1, 0));
    print_name("peer", getpeername, fd, 0);
    say("shut down", shutdown(fd, SHUT_RDWR));
    say("error", option_of(fd, SOL_SOCKET, SO_ERROR));
    close(fd);
}

static void await_input(int fd)
{
    struct pollfd input = {fd, POLLIN, 0};

    poll(&input, 1, 10000);
}

static void connect_pair(int *client, int *server)
{
    in_port_t port;
    int listener = listener_at("127.0.0.1", &port);

    *client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(*client, "127.0.0.1", port);
    *server = accept(listener, NULL, NULL);
    close(listener);
}

/* How TCP resets a connection: one end is gone, and has not received all. */
/* What is set for who listens is set for whom it accepts. */
static void test_inheritance(void)
{
    struct timeval time = {.tv_sec = 5};
    socklen_t size = sizeof(time);
    in_port_t port;
    int listener = listener_at("127.0.0.1", &port), client = socket(AF_INET, SOCK_STREAM, 0);

    set_linger(listener, 1, 7);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, size);
    time.tv_sec = 6;
    setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &time, size);
    connect_to(client, "127.0.0.1", port);
    int server = accept(listener, NULL, NULL);
    print_linger(server);
    getsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &time, &size);
    printf("to receive: %d s", (int)time.tv_sec);
    getsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &time, &size);
    printf(", to send: %d s\n", (int)time.tv_sec);
    close(client);
    close(server);
    close(listener);
}

static void test_resets(void)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof(from);
    in_port_t port;
    int client, server, listener;

    connect_pair(&client, &server);
    close(server);
    await_input(client);
    say("to nobody", send(client, "lost", 4, 0));
    print_reset("it was closed", client);

    connect_pair(&client, &server);
    send(client, "unread", 6, 0);
    await_input(server);
    close(server);
    print_reset("it has not read all", client);

    connect_pair(&client, &server);
    send(client, "unread", 6, 0);
    await_input(server);
    shutdown(server, SHUT_WR);
    close(server);
    print_reset("it had ended, and has not read all", client);

    connect_pair(&client, &server);
    print_linger(server);
    set_linger(server, 5, 7);
    print_linger(server);
    say("too short", setsockopt(server, SOL_SOCKET, SO_LINGER, &size, sizeof(size)));
    set_linger(server, 1, 0);
    send(server, "last words", 10, 0);
    close(server);
    print_reset("it does not linger", client);

    listener = listener_at("127.0.0.1", &port);
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, "127.0.0.1", port);
    close(listener);
    print_reset("it was not accepted", client);

    listener = listener_at("127.0.0.1", &port);
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, "127.0.0.1", port);
    send(client, "early", 5, 0);
    set_linger(client, 1, 0);
    const in_port_t its = port_of(client);
    close(client);
    server = accept(listener, (struct sockaddr *)&from, &size);
    printf("accepted: %s, %d\n", inet_ntoa(from.sin_addr), from.sin_port == its);
    print_reset("it has gone before", server);
    close(listener);
}

/* A server and its clients in processes of their own, which wait for each other. */
static void test_processes(void)
{
    in_port_t port;
    int listener = listener_at("127.0.0.1", &port);
    static char bytes[1 << 20];
    size_t total = 0;

    fflush(stdout);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);

            memset(bytes, 'a' + i, sizeof(bytes));
            if (connect_to(fd, "127.0.0.1", port) != 0)
                _exit(1);
            for (size_t sent = 0; sent < sizeof(bytes);)
                sent += (size_t)write(fd, bytes + sent, sizeof(bytes) - sent);
            shutdown(fd, SHUT_WR);
            _exit(read(fd, bytes, 1) == 1 ? 0 : 2);
        }
    for (int i = 0; i < 4; i++) {
        int fd = accept(listener, NULL, NULL);
        long count;

        while ((count = read(fd, bytes, sizeof(bytes))) > 0)
            total += (size_t)count;
        (void)!write(fd, "x", 1);
        close(fd);
    }
    int failed = 0, status;
    while (wait(&status) > 0)
        failed += status != 0;
    printf("processes: %zu bytes, %d failed\n", total, failed);
    close(listener);
}

static void test_datagrams(void)
{
    struct sockaddr_in from = {0};
    socklen_t size = sizeof(from);
    int a = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0),
        b = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
    int waiting;
    static char bytes[70000];

    say("to nobody", send(a, "x", 1, 0));
    say("shut down nobody", shutdown(a, SHUT_RDWR));
    close(a);
    a = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    print_name("nobody", getpeername, a, 0);
    bind_to(a, "127.0.0.1", 0);
    const in_port_t port = port_of(a);
    say("sent", send_to(b, "text", "127.0.0.1", port));
    say("sent", send_to(b, "", "0.0.0.0", port));
    print_name("sender", getsockname, b, port_of(b));
    print_events("receiver", a);
    ioctl(a, FIONREAD, &waiting);
    say("waiting", waiting);
    say("cut", recvfrom(a, bytes, 2, MSG_TRUNC, (struct sockaddr *)&from, &size));
    printf("from: %u bytes, %s, %d\n", size, inet_ntoa(from.sin_addr), from.sin_port == port_of(b));
    say("empty", recv(a, bytes, 9, 0));
    say("none", recv(a, bytes, 9, 0));
    say("too long", sendto(b, bytes, 65508, 0, (struct sockaddr *)&from, size));
    say("longest", sendto(b, bytes, 65507, 0, (struct sockaddr *)&from, size));
    say("to itself", recv(b, bytes, sizeof(bytes), 0));
    say("connected", connect_to(b, "127.0.0.1", port));
    print_name("to", getpeername, b, port);
    print_name("from", getsockname, b, port_of(b));
    say("of a third", send_to(c, "third", "127.0.0.1", port_of(b)));
    say("not for it", recv(b, bytes, sizeof(bytes), 0));
    say("of its own", send_to(a, "own", "127.0.0.1", port_of(b)));
    say("for it", recv(b, bytes, sizeof(bytes), 0));
    close(a);
    say("after the end", send(b, "x", 1, 0));
    print_events("refused", b);
    say("told when sending", send(b, "x", 1, 0));
    say("sent again", send(b, "x", 1, 0));
    say("told when receiving", recv(b, bytes, 1, 0));
    say("nothing", recv(b, bytes, 1, 0));
    say("disconnected", connect(b, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(from)));
    say("to nobody", send(b, "x", 1, 0));
    close(b);
    close(c);
}

/* More than a receiver has room for is lost. */
static void test_loss(void)
{
    static char bytes[60000];
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned sent = 0, received = 0;

    bind_to(a, "127.0.0.1", 0);
    connect_to(b, "127.0.0.1", port_of(a));
    while (sent < 64 && send(b, bytes, sizeof(bytes), 0) == sizeof(bytes))
        sent++;
    while (recv(a, bytes, sizeof(bytes), MSG_DONTWAIT) == sizeof(bytes))
        received++;
    printf("sent %u, received %s\n", sent, received > 0 && received < sent ? "some" : "all");
    close(a);
    close(b);
}

/* Several in one call, until one cannot be sent, or none is left. */
static void test_many(void)
{
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    char bytes[4][8] = {"first", "second", "third", "fourth"};
    struct sockaddr_in to, from = {0};
    struct mmsghdr messages[4];
    struct iovec vectors[4];

    bind_to(a, "127.0.0.1", 0);
    to = address_of("127.0.0.1", port_of(a));
    for (unsigned i = 0; i < 4; i++) {
        vectors[i] = (struct iovec){bytes[i], i + 1};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = i == 2 ? NULL : &to,
                                                   .msg_namelen = i == 2 ? 0 : sizeof(to),
                                                   .msg_iov = &vectors[i],
                                                   .msg_iovlen = 1}};
    }
    say("many", sendmmsg(b, messages, 4, 0));
    printf("of sizes %u, %u, %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    say("none", sendmmsg(b, messages + 2, 2, 0));
    say("the last", sendmmsg(b, messages + 3, 1, 0));
    say("nothing", sendmmsg(b, messages, 0, 0));
    messages[0].msg_hdr.msg_name = &from;
    for (unsigned i = 0; i < 4; i++)
        vectors[i].iov_len = sizeof(bytes[i]);
    say("received", recvmmsg(a, messages, 2, 0, NULL));
    printf("%u bytes of %d, %u\n", messages[0].msg_len, from.sin_port == port_of(b),
           messages[1].msg_len);
    say("what is left", recvmmsg(a, messages, 4, MSG_WAITFORONE, NULL));
    say("nothing is left", recvmmsg(a, messages, 4, MSG_DONTWAIT, NULL));
    say("no time", recvmmsg(a, messages, 4, 0, &(struct timespec){-1, 0}));
    close(a);
    close(b);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_kinds();
    test_bind();
    test_stream("127.0.0.1");
    test_stream("127.1.2.3");
    test_refusal();
    test_inheritance();
    test_resets();
    test_processes();
    test_datagrams();
    test_loss();
    test_many();
    return 0;
}
