/* Processes as files: pidfd_open(2), signals, waiting. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIDFD ((idtype_t)3)

static const char *result(long value)
{
    static char texts[4][64];
    static unsigned at;
    char *text = texts[at++ % 4];

    snprintf(text, 64, value < 0 ? "%s" : "%s%ld", value < 0 ? strerror(errno) : "", value);
    return text;
}

static int pidfd_open_(pid_t pid, unsigned flags)
{
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

static long pidfd_kill(int fd, int number)
{
    return syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

int main(void)
{
    struct timespec interval = {0, 0};
    siginfo_t info = {0};
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    int fd = pidfd_open_(child, O_NONBLOCK);
    printf("open: %d, closed on exec: %d\n", fd >= 0, fcntl(fd, F_GETFD));
    printf("not: %s, %s\n", result(pidfd_open_(0, 0)), result(pidfd_open_(child, 1)));
    printf("nobody: %s\n", result(pidfd_open_(1 << 21, 0)));
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    printf("it runs: %d\n", poll(&polled, 1, 0));
    printf("no waiting: %s\n", result(waitid(PIDFD, (id_t)fd, &info, WEXITED)));
    printf("read: %s\n", result(read(fd, &info, 1)));
    printf("there: %s, no signal: %s\n", result(pidfd_kill(fd, 0)), result(pidfd_kill(fd, 99)));
    printf("no such file: %s, %s\n", result(pidfd_kill(0, 0)),
           result(waitid(PIDFD, 0, &info, WEXITED)));
    printf("kill: %s\n", result(pidfd_kill(fd, SIGTERM)));
    printf("ended: %d, %x\n", poll(&polled, 1, -1), (unsigned)polled.revents);
    printf("waited: %s", result(waitid(PIDFD, (id_t)fd, &info, WEXITED)));
    printf(", %d, code %d, status %d\n", info.si_pid == child, info.si_code, info.si_status);
    printf("gone: %s, %s, %d\n", result(pidfd_kill(fd, SIGTERM)),
           result(waitid(PIDFD, (id_t)fd, &info, WEXITED)), poll(&polled, 1, 0));
    printf("interval: %s\n", result(syscall(SYS_sched_rr_get_interval, 0, &interval)));
    printf("nobody's: %s\n", result(syscall(SYS_sched_rr_get_interval, 1 << 21, &interval)));
    return 0;
}
