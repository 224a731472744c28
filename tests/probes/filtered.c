/*
 * usage: filtered COMMAND [ARGUMENT...]
 *
 * Becomes the command, under a seccomp filter that allows everything: a container's and a service's
 * processes are under one, too.
 */
#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const struct sock_fprog program = {.len = 1, .filter = allow};

    if (argc < 2)
        errx(1, "usage: filtered COMMAND [ARGUMENT...]");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        err(1, "cannot install a filter");
    execv(argv[1], argv + 1);
    err(1, "cannot execute %s", argv[1]);
}
