/*
 * parts RUNS STATIC-PROGRAM: the parts of a start that no jailer can do without, each by itself.
 * Prints a line for each run, of numbers in microseconds:
 *
 *     fork exec namespaces-vmm namespaces-broker
 *
 * fork: a child that ends at once; exec: from before vfork(2) to the end of a static program that
 * does nothing; namespaces: clone3(2) returned, of a child in those of the VMM's or broker's jail.
 */
#include "spawn.h"

#include <err.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROKER_NAMESPACES                                                                          \
    (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define VMM_NAMESPACES (BROKER_NAMESPACES | CLONE_NEWNET)

static double fork_us(void)
{
    double start = now_us();
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child)
        err(1, "fork");
    return now_us() - start;
}

static double exec_us(char *program)
{
    char *argv[] = {program, NULL};
    double start = now_us();
    pid_t child = vfork();
    int status;

    if (child == 0) {
        execv(program, argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        err(1, "cannot run %s", program);
    return now_us() - start;
}

/* As an ordinary user the jails have a user namespace more. */
static double clone_us(uint64_t namespaces)
{
    struct clone_args arguments = {
        .flags = namespaces | (geteuid() == 0 ? 0 : CLONE_NEWUSER),
        .exit_signal = SIGCHLD,
    };
    double start = now_us(), cloned;
    pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

    if (child == 0)
        _exit(0);
    cloned = now_us() - start;
    if (child < 0 || waitpid(child, NULL, 0) != child)
        err(1, "clone3");
    return cloned;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(1, "usage: parts RUNS STATIC-PROGRAM");
    for (int runs = atoi(argv[1]); runs > 0; runs--)
        printf("%.1f %.1f %.1f %.1f\n", fork_us(), exec_us(argv[2]), clone_us(VMM_NAMESPACES),
               clone_us(BROKER_NAMESPACES));
    return 0;
}
