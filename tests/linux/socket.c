/* Sockets of AF_UNIX: names, connections, datagrams, what goes along with bytes, and ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/socket-XXXXXX";

static const char *result(long value)
{
    static char texts[4][64];
    static unsigned at;
    char *text = texts[at++ % 4];

    if (value < 0)
        snprintf(text, 64, "%s", strerror(errno));
    else
        snprintf(text, 64, "%ld", value);
    return text;
}

static socklen_t path_address(struct sockaddr_un *address, const char *name)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", directory, name);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address->sun_path) + 1);
}

static socklen_t abstract_address(struct sockaddr_un *address, const char *name)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "%s-%d", name, (int)getpid());
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address->sun_path + 1));
}

/* What getsockname(2) and getpeername(2) say, without what differs from run to run. */
static void print_name(const char *what, int (*ask)(int, struct sockaddr *, socklen_t *), int fd)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof(address);
    int error = ask(fd, (struct sockaddr *)&address, &size);

    if (error != 0)
        printf("%s: %s\n", what, strerror(errno));
    else if (size == sizeof(address.sun_family))
        printf("%s: unnamed, family %d\n", what, address.sun_family);
    else if (address.sun_path[0] != '\0')
        printf("%s: %s\n", what, strrchr(address.sun_path, '/'));
    else
        printf("%s: abstract\n", what);
}

static void test_families(void)
{
    printf("families: %s, %s, %s\n", result(socket(AF_UNIX, 77, 0)),
           result(socket(AF_UNIX, SOCK_STREAM, 7)), result(socket(12345, SOCK_STREAM, 0)));
    printf("no socket: %s, %s\n", result(listen(0, 1)), result(listen(99, 1)));
}

static void test_stream(socklen_t (*make)(struct sockaddr_un *, const char *), int type)
{
    struct sockaddr_un address, another;
    socklen_t size = make(&address, type == SOCK_STREAM ? "stream" : "packets"),
              another_size = make(&another, "another");
    int listener = socket(AF_UNIX, type, 0), client = socket(AF_UNIX, type, 0);
    const struct sockaddr *name = (struct sockaddr *)&address;
    char bytes[16];

    printf("not there: %s\n", result(connect(client, name, size)));
    printf("listen without a name: %s\n", result(listen(listener, 1)));
    printf("bind: %s\n", result(bind(listener, name, size)));
    printf("bind again: %s, %s\n",
           result(bind(listener, (struct sockaddr *)&another, another_size)),
           result(bind(client, name, size)));
    printf("nobody listens: %s\n", result(connect(client, name, size)));
    printf("listen: %s\n", result(listen(listener, 1)));
    printf("connect: %s, %s\n", result(connect(client, name, size)),
           result(connect(client, name, size)));
    printf("early: %s\n", result(send(client, "early", 5, 0)));
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    printf("accept: %d, %s\n", server >= 0, result(fcntl(server, F_GETFD)));
    printf("received: %s\n", result(recv(server, bytes, sizeof(bytes), 0)));
    print_name("server", getsockname, server);
    print_name("server's peer", getpeername, server);
    print_name("client", getsockname, client);
    print_name("client's peer", getpeername, client);
    print_name("listener's peer", getpeername, listener);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    printf("nobody else: %s\n", result(accept(listener, NULL, NULL)));
    close(server);
    printf("the end: %s\n", result(recv(client, bytes, sizeof(bytes), 0)));
    printf("nobody reads: %s\n", result(send(client, "x", 1, MSG_NOSIGNAL)));
    close(client);
    close(listener);
    client = socket(AF_UNIX, type, 0);
    printf("after the end: %s\n", result(connect(client, name, size)));
    close(client);
    if (address.sun_path[0] != '\0')
        printf("unlink: %s\n", result(unlink(address.sun_path)));
}

static void test_backlog(void)
{
    struct sockaddr_un address;
    socklen_t size = path_address(&address, "backlog");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), clients[8], count = 0;
    char byte;

    bind(listener, (struct sockaddr *)&address, size);
    listen(listener, 2);
    for (; count < 8; count++) {
        clients[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(clients[count], (struct sockaddr *)&address, size) != 0)
            break;
    }
    printf("backlog: %d, %s\n", count, strerror(errno));
    close(listener);
    printf("refused: %s\n", result(recv(clients[0], &byte, 1, 0)));
    for (int i = 0; i <= count && i < 8; i++)
        close(clients[i]);
    unlink(address.sun_path);
}

/* Who cannot take a connection for want of a descriptor finds it there when it has one. */
static void test_descriptors(void)
{
    struct sockaddr_un address;
    socklen_t size = abstract_address(&address, "descriptors");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct rlimit limit;

    bind(listener, (struct sockaddr *)&address, size);
    listen(listener, 1);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    connect(client, (struct sockaddr *)&address, size);
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)client + 1, limit.rlim_max});
    printf("no descriptor is free: %s\n", result(accept(listener, NULL, NULL)));
    setrlimit(RLIMIT_NOFILE, &limit);
    int server = accept(listener, NULL, NULL);
    printf("then one is: %d\n", server >= 0);
    close(server);
    close(client);
    close(listener);
}

/* A server and its clients in processes of their own, who wait for each other. */
static void test_processes(void)
{
    struct sockaddr_un address;
    socklen_t size = path_address(&address, "processes");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unsigned sum = 0;

    bind(listener, (struct sockaddr *)&address, size);
    listen(listener, 0);
    fflush(stdout);
    for (unsigned char i = 1; i <= 8; i++)
        if (fork() == 0) {
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            if (connect(fd, (struct sockaddr *)&address, size) != 0)
                _exit(1);
            _exit(write(fd, &i, 1) == 1 ? 0 : 1);
        }
    for (int i = 0; i < 8; i++) {
        struct ucred ids;
        socklen_t ids_size = sizeof(ids);
        unsigned char byte = 0;
        int fd = accept(listener, NULL, NULL);

        if (read(fd, &byte, 1) != 1 ||
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ids, &ids_size) != 0 || ids.pid == getpid() ||
            ids.uid != getuid())
            puts("not as it should be");
        sum += byte;
        close(fd);
    }
    while (wait(NULL) > 0)
        ;
    printf("processes: %u\n", sum);
    close(listener);
    unlink(address.sun_path);
}

static void test_datagrams(void)
{
    struct sockaddr_un a_name, b_name, from = {0};
    socklen_t a_size = path_address(&a_name, "a"), b_size = abstract_address(&b_name, "b"),
              from_size = sizeof(from);
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    char bytes[16];

    bind(a, (struct sockaddr *)&a_name, a_size);
    bind(b, (struct sockaddr *)&b_name, b_size);
    printf("to nobody: %s\n", result(send(a, "x", 1, 0)));
    printf("sendto: %s\n", result(sendto(a, "hello", 5, 0, (struct sockaddr *)&b_name, b_size)));
    sendto(a, "again", 5, 0, (struct sockaddr *)&b_name, b_size);
    printf("cut: %s\n",
           result(recvfrom(b, bytes, 2, MSG_TRUNC, (struct sockaddr *)&from, &from_size)));
    printf("from: %s\n", strrchr(from.sun_path, '/'));
    printf("the next: %s\n", result(recv(b, bytes, sizeof(bytes), 0)));
    printf("none: %s\n", result(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT)));
    printf("connect: %s\n", result(connect(b, (struct sockaddr *)&a_name, a_size)));
    printf("sent: %s\n", result(write(b, "", 0)));
    printf("received: %s\n", result(read(a, bytes, sizeof(bytes))));
    printf("listen: %s\n", result(listen(a, 1)));
    close(a);
    printf("gone: %s\n", result(send(b, "x", 1, 0)));
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    printf("another kind: %s\n", result(connect(stream, (struct sockaddr *)&b_name, b_size)));
    close(stream);
    close(b);
    unlink(a_name.sun_path);

    int automatic = socket(AF_UNIX, SOCK_DGRAM, 0);
    const sa_family_t family = AF_UNIX;
    printf("any name: %s\n", result(bind(automatic, (struct sockaddr *)&family, sizeof(family))));
    print_name("it is", getsockname, automatic);
    close(automatic);
}

static long send_files(int socket, const char *text, const int *fds, size_t count)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)text, strlen(text)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    return sendmsg(socket, &message, 0);
}

static void send_two_lists(int socket, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[2 * CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {"two", 3};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        if ((char *)c != control.bytes)
            break;
        control.bytes[CMSG_SPACE(sizeof(int))] = CMSG_LEN(sizeof(int));
    }
    printf("two lists: %s\n", result(sendmsg(socket, &message, 0)));
}

/* Prints what came, and keeps the last file. */
static int receive_files(int socket, size_t room)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control = {0};
    char text[32] = "";
    struct iovec part = {text, sizeof(text) - 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = room};
    int last = -1;
    long length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);

    printf("message: %s \"%s\", flags %x\n", result(length), text, message.msg_flags);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred ids;
            memcpy(&ids, CMSG_DATA(c), sizeof(ids));
            printf("ids: %d %d\n", ids.pid == getpid(), ids.uid == getuid());
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            if (last >= 0)
                close(last);
            memcpy(&last, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
        }
        printf("files: %zu, closed on exec: %d\n", count, fcntl(last, F_GETFD));
    }
    return last;
}

static void test_rights(int type)
{
    int pair[2], hole[2], on = 1;
    char bytes[8] = "";

    socketpair(AF_UNIX, type, 0, pair);
    pipe(hole);
    write(pair[0], "before", 6);
    printf("files: %s\n", result(send_files(pair[0], "take", hole, 2)));
    write(pair[0], "after", 5);
    int fds[] = {hole[1], 77};
    printf("no file: %s\n", result(send_files(pair[0], "take", fds, 2)));
    close(hole[0]);
    close(hole[1]);
    int last = -1;
    for (int i = 0; i < (type == SOCK_STREAM ? 2 : 3); i++) {
        int fd = receive_files(pair[1], CMSG_SPACE(4 * sizeof(int)));
        last = fd >= 0 ? fd : last;
    }
    printf("through it: %s\n", result(write(last, "x", 1)));
    send_files(pair[0], "cut", (int[]){last, last}, 2);
    close(receive_files(pair[1], CMSG_LEN(sizeof(int))));
    send_two_lists(pair[0], last);
    close(receive_files(pair[1], CMSG_SPACE(4 * sizeof(int))));
    send_files(pair[0], "lost", &last, 1);
    printf("read: %s\n", result(read(pair[1], bytes, sizeof(bytes))));
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    send_files(pair[0], "who", &last, 1);
    close(receive_files(pair[1], CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))));
    send_files(pair[0], "never received", &last, 1);
    close(last);
    close(pair[0]);
    close(pair[1]);
}

/* Sockets in sockets: the end of the first is the end of all. */
static void test_nested(void)
{
    int outer[2], inner[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, inner);
    for (int i = 0; i < 2000; i++) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, outer);
        if (send_files(outer[0], "x", &inner[1], 1) != 1) /* Linux counts, if who sends is nobody */
            printf("nested: %s\n", strerror(errno));
        close(inner[0]);
        close(inner[1]);
        inner[0] = outer[0];
        inner[1] = outer[1];
    }
    close(inner[0]);
    close(inner[1]);
    puts("nested: the end");
}

static void test_stream_bytes(void)
{
    int pair[2], count;
    char bytes[64] = "";
    const struct timeval soon = {.tv_usec = 10000};
    static char many[1 << 20];

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    write(pair[0], "one", 3);
    write(pair[0], "two", 3);
    printf("peek: %s", result(recv(pair[1], bytes, sizeof(bytes), MSG_PEEK)));
    ioctl(pair[1], FIONREAD, &count);
    printf(" %s, there are %d\n", bytes, count);
    printf("part: %s", result(recv(pair[1], bytes, 4, 0)));
    printf(" %.4s\n", bytes);
    fflush(stdout);
    if (fork() == 0) {
        usleep(10000);
        write(pair[0], "and more", 8);
        _exit(0);
    }
    printf("all: %s", result(recv(pair[1], bytes, 10, MSG_WAITALL)));
    printf(" %.10s\n", bytes);
    wait(NULL);
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
    printf("timeout: %s\n", result(read(pair[1], bytes, 1)));
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    while (write(pair[0], many, sizeof(many)) > 0)
        ;
    printf("full: %s, %d\n", strerror(errno),
           poll(&(struct pollfd){.fd = pair[0], .events = POLLOUT}, 1, 0));
    shutdown(pair[0], SHUT_WR);
    while (read(pair[1], many, sizeof(many)) > 0)
        ;
    struct pollfd polled = {.fd = pair[1], .events = POLLIN | POLLOUT | POLLRDHUP};
    poll(&polled, 1, 0);
    printf("shut down: %x\n", (unsigned)polled.revents);
    write(pair[1], "unread", 6);
    close(pair[0]);
    poll(&polled, 1, 0);
    printf("closed: %x\n", (unsigned)polled.revents);
    printf("write: %s\n", result(send(pair[1], "x", 1, MSG_NOSIGNAL)));
    close(pair[1]);
}

static void test_options(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), value = 1;
    socklen_t size = sizeof(value);
    struct stat stat;

    fstat(fd, &stat);
    printf("mode: %o\n", stat.st_mode);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size);
    printf("type: %d, size %u\n", value, size);
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
    printf("listens: %d\n", value);
    value = 1;
    printf("set: %s\n", result(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value))));
    getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &size);
    printf("got: %d\n", value);
    struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};
    poll(&polled, 1, 0);
    printf("not connected: %x, %s, %s\n", (unsigned)polled.revents, result(write(fd, "x", 1)),
           result(read(fd, &value, 1)));
    printf("shutdown: %s\n", result(shutdown(fd, SHUT_RD)));
    close(fd);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(directory) == NULL)
        return 1;
    test_families();
    test_stream(path_address, SOCK_STREAM);
    test_stream(abstract_address, SOCK_STREAM);
    test_stream(path_address, SOCK_SEQPACKET);
    test_backlog();
    test_descriptors();
    test_processes();
    test_datagrams();
    test_rights(SOCK_STREAM);
    test_rights(SOCK_SEQPACKET);
    test_nested();
    test_stream_bytes();
    test_options();
    rmdir(directory);
    return 0;
}
