/*
 * sparkler-vmm: the life of a VM on one page. The jailer starts it, confined by the policy
 * `vmm-boot`, and hands it everything it needs as descriptors (policy/fds.h); it opens nothing.
 */
#include "broker.h"
#include "call.h"
#include "config.h"
#include "console.h"
#include "feed.h"
#include "load.h"
#include "log.h"
#include "machine.h"
#include "policy/fds.h"
#include "policy/runtime/policy.h"
#include "ports.h"
#include "run.h"
#include "timer.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINUX_FAILED 125 /* as in env(1); a program may itself exit with 1 or 2 */

/* What depends on the kind of guest: the name of this process, by which an audit finds its
 * policies; how the guest is loaded, the policy under which it runs, and the exit status when it
 * fails. */
static const struct {
    const char *name;
    void (*load)(const struct machine *machine, const struct config *config);
    const struct policy *policy;
    int failed;
} kinds[GUEST_KINDS] = {
    [GUEST_FLAT] = {"sparkler-vmm", load_flat, &policy_vmm, 2},
    [GUEST_LINUX] = {"sparkler-linux", load_linux, &policy_vmm_linux, LINUX_FAILED},
};

/* Called by exit(3), and so by err(3), when the set-up for a Linux guest fails. */
static void end_with_125(void)
{
    _exit(LINUX_FAILED);
}

/* Closes what only the set-up needs. */
static void close_descriptors(const struct config *config)
{
    if (close(VMM_FD_KVM) != 0 || close(VMM_FD_GUEST) != 0 || close(VMM_FD_CONFIG) != 0 ||
        (config->stats != 0 && close(VMM_FD_STATS) != 0) ||
        syscall(SYS_close_range, VMM_FD_START, ~0u, 0) != 0)
        err(1, "cannot close the descriptors of the set-up");
}

static void lock_down(const struct config *config)
{
    /* If the console or the broker is gone, write(2) must fail, not kill us. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(1, "cannot ignore SIGPIPE");
    /* execve(2) made the process dumpable: forbid core dumps, and ptrace by others of our uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid core dumps");
    close_descriptors(config);
    policy_install(kinds[config->guest].policy);
}

int main(int argc, char **argv)
{
    static struct console console;
    static struct call_port calls;
    static struct feed_ports feeds; /* its pages cost nothing until they are used */
    struct device devices[] = {{&console_device, &console}, {&feed_device, &feeds}};
    struct ports ports = {.devices = devices, .device_count = sizeof(devices) / sizeof(devices[0])};
    struct machine machine;
    struct config config;
    enum run_end end;

    (void)argv;
    relro_protect();
    config_read(&config);
    /* Linux before 6.14 names a program that is executed by descriptor after its number. */
    prctl(PR_SET_NAME, kinds[config.guest].name);
    if (argc > 1)
        errx(1, "takes no arguments: give all options to the jailer");
    if (config.guest == GUEST_LINUX)
        atexit(end_with_125);
    log_timing("program started");
    machine_create(&machine, &config);
    kinds[config.guest].load(&machine, &config);
    timer_open();
    console_open(&console, machine.ring);
    if (config.guest == GUEST_LINUX) {
        call_open(&calls, &machine);
        devices[0] = (struct device){&call_device, &calls};
        ports.device_count = 1; /* which asks the broker, too */
    }
    broker_open();
    log_timing("machine set up");
    config_await_start(&config);
    log_timing("all others confined");
    lock_down(&config);

    end = run_guest(&machine, &ports);
    /* exit(3) would first make system calls that the policy forbids. */
    _exit(end == RUN_FAILED ? kinds[config.guest].failed : (int)end);
}
