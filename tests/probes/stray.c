/*
 * usage: jailer --exec stray -- ask | frame | getppid | ioctl | flood
 *        jailer --broker stray --exec sparkler-vmm
 *
 * Stands in sparkler-vmm's place and strays: asks port 0x100 a thousand times, and then or at once
 * sends the broker a frame that does not fit and waits until it is dropped for that, makes a system
 * call that no policy of the VMM names, or one that they allow with other arguments only, or writes
 * 10,000 lines to the log. In the broker's place it makes a call that no policy names.
 */
#include "netbroker/wire.h"
#include "policy/fds.h"

#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static int flood(void)
{
    static const char line[] = "sparkler-vmm: one of ten thousand lines, sixty bytes each\n";
    static const char last[] = "sparkler-vmm: the last of them\n";

    for (int i = 0; i < 10000; i++)
        if (write(FD_LOG, line, sizeof(line) - 1) < 0)
            return 1;
    return write(FD_LOG, last, sizeof(last) - 1) < 0;
}

/* True if the broker drops us. */
static bool break_link(void)
{
    char byte = 0;

    return write(VMM_FD_BROKER, &byte, 1) == 1 && read(VMM_FD_BROKER, &byte, 1) == 0;
}

static int ask(void)
{
    struct wire_request request = {.version = WIRE_VERSION, .port = 0x100};
    struct wire_reply reply;

    for (int i = 0; i < 1000; i++) {
        request.sequence++;
        if (write(VMM_FD_BROKER, &request, sizeof(request)) != sizeof(request) ||
            read(VMM_FD_BROKER, &reply, sizeof(reply)) != sizeof(reply))
            return 1;
    }
    return break_link() ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "broker";
    char byte = 0;

    if (strcmp(how, "ask") == 0)
        return ask();
    if (strcmp(how, "frame") == 0)
        return break_link() ? 0 : 1;
    if (strcmp(how, "getppid") == 0)
        return (int)syscall(SYS_getppid);
    if (strcmp(how, "ioctl") == 0)
        return ioctl(FD_CONSOLE_IN, TIOCSTI, &byte);
    if (strcmp(how, "flood") == 0)
        return flood();
    if (strcmp(how, "broker") == 0)
        return (int)syscall(SYS_sched_yield);
    errx(1, "usage: stray ask | frame | getppid | ioctl | flood");
}
