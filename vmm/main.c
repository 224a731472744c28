/*
 * sparkler-vmm: the life of a VM on one page. It is started by the jailer, confined by the policy
 * `vmm-boot`, with all that it needs as descriptors (policy/fds.h), and opens nothing itself.
 */
#include "broker.h"
#include "config.h"
#include "console.h"
#include "feed.h"
#include "load.h"
#include "log.h"
#include "machine.h"
#include "policy/fds.h"
#include "policy/policy.h"
#include "ports.h"
#include "run.h"

#include <err.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* How each kind of guest is loaded, and the policy under which it runs. */
static const struct {
    void (*load)(const struct machine *machine, const struct config *config);
    const struct policy *policy;
} kinds[GUEST_KINDS] = {
    [GUEST_FLAT] = {load_flat, &policy_vmm},
};

/* What made the machine is not needed to run it. */
static void close_descriptors(const struct config *config)
{
    int failed = close(VMM_FD_KVM) | close(VMM_FD_MEMORY) | close(VMM_FD_CONFIG);

    for (uint32_t i = 0; i < config->image_count; i++)
        failed |= close(config->images[i].fd);
    if (failed != 0)
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
    close_descriptors(config);
    policy_install(kinds[config->guest].policy);
}

int main(int argument_count, char **arguments)
{
    static struct console console;
    static struct feeds feeds; /* its pages cost nothing until they are used */
    const struct device devices[] = {{&console_device, &console}, {&feeds_device, &feeds}};
    struct ports ports = {.devices = devices, .device_count = sizeof(devices) / sizeof(devices[0])};
    struct machine machine;
    struct config config;

    (void)arguments;
    relro_protect();
    /* before Linux 6.14 a program that is started by its descriptor is named after the number */
    prctl(PR_SET_NAME, "sparkler-vmm");
    config_read(&config);
    if (argument_count > 1)
        errx(1, "takes no arguments: all options are the jailer's");
    log_timing("program started");
    machine_create(&machine, &config);
    kinds[config.guest].load(&machine, &config);
    console_open(&console, machine.ring);
    broker_open();
    log_timing("machine set up");
    config_await_start();
    log_timing("all others confined");
    lock_down(&config);

    /* exit(3) would first do work that the policy has no room for. */
    _exit(run_guest(&machine, &ports));
}
