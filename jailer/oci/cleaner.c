/* Removes what an unfinished container leaves behind: see cleaner.h. */
#include "cleaner.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipe_end = -1; /* of ours, for exit(3) */
static pid_t cleaner;

/* Exits with 0 if the container goes on, and with 1 if it is gone. */
static _Noreturn void clean(const struct container *container, const struct group *group, int end,
                            int ready)
{
    char word;
    ssize_t n;

    setsid(); /* whatever ends the caller's group or session does not end us */
    signal(SIGHUP, SIG_IGN);
    while ((n = read(end, &word, 1)) < 0 && errno == EINTR)
        continue;
    if (n == 1 && send(ready, "", 1, MSG_NOSIGNAL) == 1)
        _exit(0);
    close(ready);
    group_remove(group);
    container_remove(container);
    _exit(1);
}

static int await_cleaner(void)
{
    int status = 1;

    while (waitpid(cleaner, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static void finish(void)
{
    if (pipe_end < 0)
        return;
    /* the pipe; and the socket, which keeps a jailer alive that waits for an answer */
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
    await_cleaner();
}

void cleaner_start(const struct container *container, const struct group *group, const int ready[2])
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 || (cleaner = fork()) < 0) {
        container_remove(container);
        fail_errno("cannot start a process");
    }
    if (cleaner == 0) {
        close(ends[1]);
        close(ready[1]);
        clean(container, group, ends[0], ready[0]);
    }
    close(ends[0]);
    pipe_end = ends[1];
    atexit(finish);
}

bool cleaner_commit(void)
{
    if (write(pipe_end, "", 1) != 1)
        fail_errno("cannot finish the container");
    close(pipe_end);
    pipe_end = -1;
    return await_cleaner() == 0;
}
