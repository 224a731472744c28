/* The background, the pid file, the service manager: see daemon.h. */
#include "daemon.h"

#include "kernel.h"
#include "options.h"
#include "own_file.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The parent may be root, and waits while the guest runs: it keeps nothing that is worth taking.
 * Where a filter is in force, a container's or a service's, strict mode is refused (EINVAL). */
static void give_up_all(const struct options *options, int starter)
{
    if ((options->root &&
         (setgroups(0, NULL) != 0 || setresgid(options->gid, options->gid, options->gid) != 0 ||
          setresuid(options->uid, options->uid, options->uid) != 0)) ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        (starter > 0 && sys_close_range(0, (unsigned)starter - 1) != 0) ||
        sys_close_range((unsigned)starter + 1, ~0u) != 0 ||
        (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0 && errno != EINVAL))
        _exit(1);
}

static _Noreturn void wait_until_up(const struct options *options, int starter)
{
    unsigned char status;

    give_up_all(options, starter);
    if (read(starter, &status, 1) != 1)
        status = options->is_linux ? STATUS_LINUX_FAILED : 1; /* the daemon has said why */
    for (;;)
        syscall(SYS_exit, status); /* strict mode allows exit(2), but not exit_group(2) */
}

int daemon_start(const struct options *options)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), starter[2];
    pid_t child;

    if (null < 0 || pipe2(starter, O_CLOEXEC) != 0 || (child = fork()) < 0)
        err(1, "cannot go to the background");
    if (child > 0)
        wait_until_up(options, starter[0]);
    if (setsid() < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        err(1, "cannot go to the background");
    close(null);
    close(starter[0]);
    return starter[1];
}

int manager_connect(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = strlen(name);
    int fd;

    if ((*name != '/' && *name != '@') || length >= sizeof(address.sun_path))
        errx(1,
             "$NOTIFY_SOCKET=%s: expected a path, or @NAME; unset it if no service manager waits",
             name);
    memcpy(address.sun_path, name, length);
    if (*name == '@') /* abstract: its first byte is NUL */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0)
        err(1, "cannot reach the service manager at %s ($NOTIFY_SOCKET); unset that if none waits",
            name);
    return fd;
}

bool starter_tell(enum starter starter, int status)
{
    static const char ready[] = "READY=1";
    const unsigned char byte = (unsigned char)status;
    ssize_t n = 0;

    if (starter == STARTER_PARENT)
        n = write(SUPERVISOR_FD_STARTER, &byte, 1);
    else if (status == 0)
        n = write(SUPERVISOR_FD_STARTER, ready, strlen(ready));
    return n >= 0 || errno != EAGAIN; /* on any other error nobody is there any more */
}

static _Noreturn void in_use(const char *path, int file)
{
    char pid[16] = "";

    if (read(file, pid, sizeof(pid) - 1) < 0)
        err(1, "cannot read the pid file %s (--pid-file)", path);
    if (pid[0] == '\0')
        errx(1, "the pid file %s belongs to a jailer that is starting (--pid-file)", path);
    errx(1, "the pid file %s belongs to a running jailer, pid %d (--pid-file)", path, atoi(pid));
}

int pid_file_open(const char *path)
{
    /* only the owner may open it, since whoever can read a file can lock it */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = own_file_open(path, O_RDWR, "the pid file", "--pid-file");

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

bool pid_file_clear(void)
{
    return ftruncate(SUPERVISOR_FD_PID_FILE, 0) == 0;
}
