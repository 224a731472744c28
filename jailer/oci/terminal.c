/* Makes a pseudoterminal for a container: see terminal.h. */
#include "terminal.h"

#include "log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof(address.sun_path))
        fail("%s: a socket's path has at most %zu bytes (--console-socket)", path,
             sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        fail_errno("cannot connect to %s (--console-socket)", path);
    return fd;
}

/* With the terminal's name as the message, as runc has it. */
static void send_master(const char *path, int master, const char *name)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec text = {.iov_base = (char *)name, .iov_len = strlen(name)};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    const int fd = connect_to(path);

    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &master, sizeof(int));
    if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
        fail_errno("cannot send the terminal to %s (--console-socket)", path);
    close(fd);
}

int terminal_make(const char *socket_path, unsigned rows, unsigned columns)
{
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name = master < 0 ? NULL : ptsname(master);
    int slave;

    if (!name || grantpt(master) != 0 || unlockpt(master) != 0)
        fail_errno("cannot make a pseudoterminal");
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        fail_errno("cannot open the pseudoterminal %s", name);
    if (rows > 0 && columns > 0 && ioctl(slave, TIOCSWINSZ, &size) != 0)
        fail_errno("cannot set the size of the pseudoterminal %s", name);
    send_master(socket_path, master, name);
    close(master);
    return slave;
}
