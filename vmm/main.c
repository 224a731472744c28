/*
 * sparkler-vmm: the life of a VM on one page. It is started by the jailer, confined by the policy
 * `vmm-boot`, with all that it needs as descriptors (policy/fds.h), and opens nothing itself.
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

#define LINUX_FAILED 125 /* as env(1) has it; a program may end with 1 or 2 itself */

/* What depends on the kind of the guest: the name of this process, by which an audit knows its
 * policies; how the guest is loaded; the policy under which it runs; the status of a failure. */
static const struct {
    const char *name;
    void (*load)(const struct machine *machine, const struct config *config);
    const struct policy *policy;
    int failed;
} kinds[GUEST_KINDS] = {
    [GUEST_FLAT] = {"sparkler-vmm", load_flat, &policy_vmm, 2},
    [GUEST_LINUX] = {"sparkler-linux", load_linux, &policy_vmm_linux, LINUX_FAILED},
};

/* What exit(3), and so err(3), does for a Linux guest whose set-up fails. */
static void end_with_125(void)
{
    _exit(LINUX_FAILED);
}

/* What made the machine is not needed to run it. */
static void close_descriptors(void)
{
    if (close(VMM_FD_KVM) != 0 || close(VMM_FD_MEMORY) != 0 || close(VMM_FD_GUEST) != 0 ||
        close(VMM_FD_CONFIG) != 0 || syscall(SYS_close_range, VMM_FD_IMAGES, ~0u, 0) != 0)
        err(1, "cannot close what only the set-up needs");
}

static void lock_down(const struct config *config)
{
    /* A console or broker that is gone is an error of write(2), not our death. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        err(1, "cannot ignore SIGPIPE");
    /* exec made the process dumpable again: no core, no ptrace by a process of our own uid. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid core dumps");
    close_descriptors();
    policy_install(kinds[config->guest].policy);
}

int main(int argument_count, char **arguments)
{
    static struct console console;
    static struct call_port calls;
    static struct feeds feeds; /* its pages cost nothing until they are used */
    struct device devices[] = {{&console_device, &console}, {&feeds_device, &feeds}};
    struct ports ports = {.devices = devices, .device_count = sizeof(devices) / sizeof(devices[0])};
    struct machine machine;
    struct config config;
    enum run_end end;

    (void)arguments;
    relro_protect();
    config_read(&config);
    /* besides, before Linux 6.14 a program that is started by its descriptor is named after that */
    prctl(PR_SET_NAME, kinds[config.guest].name);
    if (argument_count > 1)
        errx(1, "takes no arguments: all options are the jailer's");
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
    }
    broker_open();
    log_timing("machine set up");
    config_await_start();
    log_timing("all others confined");
    lock_down(&config);

    end = run_guest(&machine, &ports);
    /* exit(3) would first do work that the policy has no room for. */
    _exit(end == RUN_FAILED ? kinds[config.guest].failed : (int)end);
}
