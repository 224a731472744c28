/* The background and the pid file: see daemon.h. */
#include "daemon.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A daemon that could not be set up has said why, and its status is the parent's. */
static _Noreturn void wait_until_ready(pid_t daemon, int ready)
{
    char byte;
    int status;

    if (read(ready, &byte, 1) == 1)
        _exit(0);
    if (waitpid(daemon, &status, 0) != daemon || !WIFEXITED(status))
        errx(1, "the daemon was killed before it was ready");
    _exit(WEXITSTATUS(status));
}

int daemon_start(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), ready[2];
    pid_t child;

    if (null < 0 || pipe2(ready, O_CLOEXEC) != 0 || (child = fork()) < 0)
        err(1, "cannot go to the background");
    if (child > 0) {
        close(ready[1]);
        wait_until_ready(child, ready[0]);
    }
    if (setsid() < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        err(1, "cannot go to the background");
    close(null);
    close(ready[0]);
    return ready[1];
}

void daemon_ready(int parent)
{
    struct pollfd gone = {.fd = parent}; /* POLLERR: nobody reads it any more */

    if (isatty(STDERR_FILENO) && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        err(1, "cannot leave the terminal");
    if (write(parent, "", 1) != 1)
        warn("the one who waited for the daemon has gone");
    /* a parent that may be root's is not to outlive the confinement of all others */
    while (poll(&gone, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "cannot wait for the parent's end");
    close(parent);
}

static _Noreturn void in_use(const char *path, int file)
{
    char pid[16] = "";

    if (read(file, pid, sizeof(pid) - 1) < 0)
        err(1, "cannot read the pid file %s (--pid-file)", path);
    if (pid[0] == '\0')
        errx(1, "the pid file %s is that of a jailer that is just starting (--pid-file)", path);
    errx(1, "the pid file %s is that of a running jailer, pid %d (--pid-file)", path, atoi(pid));
}

/* What is there may be another's trap: a link to a file that root's jailer would empty. */
static void check_pid_file(const char *path, int file)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        err(1, "cannot examine the pid file %s (--pid-file)", path);
    if (!S_ISREG(status.st_mode))
        errx(1, "%s is not a regular file; give a path for a new one (--pid-file)", path);
    if (status.st_uid != geteuid())
        errx(1, "%s belongs to uid %u, not to uid %u: it is not used as pid file (--pid-file)",
             path, status.st_uid, geteuid());
    if (status.st_nlink != 1)
        errx(1, "%s is a file of %lu names: it is not used as pid file (--pid-file)", path,
             (unsigned long)status.st_nlink);
}

int pid_file_open(const char *path)
{
    /* the file is its owner's alone: who may read it could lock it, too */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);

    if (file < 0)
        err(1, "cannot open the pid file %s (--pid-file)", path);
    check_pid_file(path, file);
    if (fcntl(file, F_OFD_SETLK, &lock) != 0) {
        if (errno == EAGAIN)
            in_use(path, file);
        err(1, "cannot lock the pid file %s (--pid-file)", path);
    }
    if (ftruncate(file, 0) != 0)
        err(1, "cannot empty the pid file %s (--pid-file)", path);
    return file;
}

void pid_file_write(int file)
{
    char pid[16];
    int length = snprintf(pid, sizeof(pid), "%d\n", getpid());

    if (write(file, pid, (size_t)length) != length)
        err(1, "cannot write the pid file (--pid-file)");
}

void pid_file_clear(void)
{
    if (ftruncate(FD_PID_FILE, 0) != 0)
        warn("cannot empty the pid file");
}
