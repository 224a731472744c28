/* Reads filters with ptrace(2): seizes the process, stops it, copies them, lets it continue. */
#include "policy/tool/held.h"

#include "policy/tool/parse.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define STOP_TRIES 2000 /* each waits 1 ms */

/* Reads the filter with that index; 0 was installed first. */
static int read_filter(pid_t pid, size_t index, struct held *held)
{
    struct sock_fprog *filter = &held->filters[held->count];
    long length = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, NULL);

    if (length < 0)
        return errno;
    if (held->count == HELD_MAX)
        return EFBIG;
    filter->filter = allocate(length, sizeof(*filter->filter));
    filter->len = length;
    held->count++;
    if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, filter->filter) != length)
        return errno;
    return 0;
}

/* Waits for the process to stop; a frozen one does not, nor one that waits in vfork(2). */
static int await_stop(pid_t pid, int *status)
{
    for (unsigned tries = 0; tries < STOP_TRIES; tries++) {
        pid_t stopped = waitpid(pid, status, __WALL | WNOHANG);

        if (stopped < 0)
            return errno;
        if (stopped == pid)
            return WIFSTOPPED(*status) ? 0 : ESRCH;
        poll(NULL, 0, 1);
    }
    return ETIMEDOUT;
}

int held_read(pid_t pid, struct held *held)
{
    int error, status, signal;

    *held = (struct held){0};
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
        return errno;
    if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)
        return errno;
    error = await_stop(pid, &status);
    if (error)
        return error;
    while (error == 0)
        error = read_filter(pid, held->count, held);
    /* a signal may have come first: pass it on */
    signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
    ptrace(PTRACE_DETACH, pid, NULL, signal);
    return error == ENOENT ? 0 : error; /* past the last filter */
}

void held_free(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        free(held->filters[i].filter);
}
