/* A container's process: see process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* the fields of /proc/PID/stat behind the command's name (proc(5)), from the third, `state`, on */
#define STATE      0
#define START_TIME 19

struct process_id process_identify(pid_t pid)
{
    const struct process_id none = {0};
    struct process_id process = {.pid = pid};
    char path[32], text[1024], *field;
    ssize_t length;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return none;
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return none;
    text[length] = '\0';
    field = strrchr(text, ')'); /* the name may have any character but a newline */
    if (!field || field[1] != ' ' || field[2] == 'Z' || field[2] == 'X')
        return none;
    field += 2;
    for (int i = STATE; i < START_TIME && field; i++)
        field = strchr(field + 1, ' ');
    if (!field || sscanf(field, "%llu", &process.start_time) != 1)
        return none;
    return process;
}

bool process_lives(const struct process_id *process)
{
    return process->pid > 0 && process_identify(process->pid).start_time == process->start_time;
}

int process_open(const struct process_id *process)
{
    int fd = process->pid > 0 ? (int)syscall(SYS_pidfd_open, process->pid, 0) : -1;

    /* looked at after the pid is held: it can be no other's from here on */
    if (fd >= 0 && !process_lives(process)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int process_await(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}
