/* Reads and writes that never block: see stream.h. */
#include "stream.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define MOMENT_US 50000

void stream_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "cannot make a pipe");
}

/* Does nothing; its arrival interrupts read(2) and write(2). */
static void wake_up(int signal)
{
    (void)signal;
}

bool stream_unblock(int fd, int access)
{
    const struct sigaction alarm = {.sa_handler = wake_up};
    struct stat status;
    char path[32];
    int own = -1;

    if (fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
        return false;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
        own = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own < 0) {
        sigaction(SIGALRM, &alarm, NULL);
        return true;
    }
    dup2(own, fd);
    close(own);
    return false;
}

/* Repeats, since the first signal may arrive before the call that it is to interrupt. */
static void start_timer(void)
{
    const struct itimerval moments = {{.tv_usec = MOMENT_US}, {.tv_usec = MOMENT_US}};

    setitimer(ITIMER_REAL, &moments, NULL);
}

static void stop_timer(void)
{
    const struct itimerval none = {0};

    setitimer(ITIMER_REAL, &none, NULL);
}

ssize_t stream_read(int fd, bool may_wait, char *text, size_t size)
{
    ssize_t n;

    if (may_wait)
        start_timer();
    n = read(fd, text, size);
    if (may_wait)
        stop_timer();
    return n;
}

ssize_t stream_write(int fd, bool may_wait, const char *text, size_t length)
{
    ssize_t n;

    if (may_wait)
        start_timer();
    n = write(fd, text, length);
    if (may_wait)
        stop_timer();
    return n;
}

bool stream_again(void)
{
    return errno == EAGAIN || errno == EINTR;
}
