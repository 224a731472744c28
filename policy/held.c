/* Reads filters by ptrace(2): seizes the process, stops it, copies, and lets it go on. */
#include "policy/held.h"
#include "policy/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* One filter by its index; index 0 is the first that was installed. */
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

int held_read(pid_t pid, struct held *held)
{
    int error = 0, status, signal;

    *held = (struct held){0};
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
        return errno;
    if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0 || waitpid(pid, &status, __WALL) != pid)
        return errno;
    if (!WIFSTOPPED(status))
        return ESRCH;
    while (error == 0)
        error = read_filter(pid, held->count, held);
    /* A signal may have come first: it is passed on. */
    signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
    ptrace(PTRACE_DETACH, pid, NULL, signal);
    return error == ENOENT ? 0 : error; /* there is no filter behind the last */
}

void held_free(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        free(held->filters[i].filter);
}
