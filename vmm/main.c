/*
 * sparkler-vmm: the life of a VM on one page. It is started by the jailer, confined by the policy
 * `vmm-boot`, with all that it needs as descriptors (policy/fds.h), and opens nothing itself.
 */
#include "load.h"
#include "log.h"
#include "machine.h"
#include "policy/fds.h"
#include "policy/policy.h"
#include "ports.h"
#include "run.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool environment_has(const char *name, const char *value)
{
    const char *found = getenv(name);

    return found && strcmp(found, value) == 0;
}

/* Descriptors are known by number; a mix-up would hand one's rights to another. Returns whether the
 * guest's memory is to be locked. */
static bool take_descriptors(int argument_count)
{
    const char *pid = getenv("LISTEN_PID");
    bool locked = environment_has("LISTEN_FDNAMES", VMM_FDNAMES_LOCKED);

    if (!environment_has("LISTEN_FDS", "5") ||
        (!locked && !environment_has("LISTEN_FDNAMES", VMM_FDNAMES)) || !pid ||
        atoi(pid) != getpid())
        errx(1, "not started by the jailer: use jailer --exec sparkler-vmm");
    if (argument_count > 1)
        errx(1, "takes no arguments: all options are the jailer's");
    return locked;
}

/* The jails are built side by side; the guest is the last that gets to work. */
static void wait_for_start(void)
{
    char none;

    while (read(FD_START, &none, sizeof(none)) < 0)
        if (errno != EINTR)
            err(1, "cannot wait until all other processes are confined");
}

static void lock_down(void)
{
    /* A console or broker that is gone is an error of write(2), not our death. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(1, "cannot ignore SIGPIPE");
    /* exec made the process dumpable again: no core, no ptrace by a process of our own uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid core dumps");

    /* What made the machine is not needed to run it. */
    if (close(FD_KVM) != 0 || close(FD_MEMORY) != 0 || close(FD_GUEST) != 0 || close(FD_START) != 0)
        err(1, "cannot close what only the set-up needs");

    policy_install(&policy_vmm);
}

int main(int argument_count, char **arguments)
{
    static struct ports ports; /* static, so that its pages cost nothing until they are used */
    struct machine machine;
    bool lock_memory;

    (void)arguments;
    relro_protect();
    /* before Linux 6.14 a program that is started by its descriptor is named after the number */
    prctl(PR_SET_NAME, "sparkler-vmm");
    lock_memory = take_descriptors(argument_count);
    log_timing("program started");
    machine_create(&machine, lock_memory);
    load_guest(&machine);
    ports_open(&ports, machine.ring);
    log_timing("machine set up");
    wait_for_start();
    log_timing("all others confined");
    lock_down();

    /* exit(3) would first do work that the policy has no room for. */
    _exit(run_guest(&machine, &ports));
}
