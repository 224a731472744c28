/* Starts the processes of a VM: see start.h. */
#include "start.h"

#include "address_guard.h"
#include "cgroup.h"
#include "check.h"
#include "configure.h"
#include "kernel.h"
#include "sealed.h"
#include "stream.h"

#include <err.h>
#include <signal.h>
#include <unistd.h>

/* Limits that nothing would hold. */
static void refuse_limits(const struct options *options)
{
    const struct settings *limits = &options->cgroup_limits;
    const char *why = cgroups_skipped(options);

    if (limits->count > 0)
        errx(1, "--cgroup %s=%s: this VM has no cgroup: %s", limits->list[0].name,
             limits->list[0].value, why);
    if (options->parent_given)
        errx(1, "--parent-cgroup %s: this VM has no cgroup: %s", options->parent_cgroup, why);
}

/* Makes the VMM's cgroup; before that, starts the janitor, which removes it if all else is killed.
 */
static void make_vmm_cgroup(struct jails *jails, struct supervisor *supervisor)
{
    struct jail *janitor = &jails->janitor, *jail = &jails->supervisor;
    struct cgroups *cgroups = &supervisor->cgroups;
    int pidfd;

    cgroups_open(cgroups, &jails->vmm);
    if (cgroups->count == 0) {
        refuse_limits(jails->vmm.options);
        return;
    }
    for (int i = 0; i < (int)cgroups->count; i++) {
        jail_give(janitor, JANITOR_FD_CGROUPS + i, cgroups->parents[i], "cgroups");
        jail_give(jail, SUPERVISOR_FD_CGROUPS + i, cgroups->parents[i], "cgroups");
    }
    janitor->cgroups = cgroups;
    stream_pipe(janitor->cgroups_made);
    pidfd = jail_start(janitor);
    jail_give(jail, SUPERVISOR_FD_JANITOR_PID, pidfd, "janitor-pid");
    timing_phase(janitor->timing, "janitor cloned");
    close(janitor->cgroups_made[0]);
    if (!cgroups_make(cgroups, VMM, janitor->options, jail->euid)) {
        /* or it would remove another VM's cgroup */
        sys_pidfd_send_signal(pidfd, SIGKILL);
        errx(1, "the cgroup %s already exists; is a VM of this --id running?", cgroups->vmm.name);
    }
    jail_give(jail, SUPERVISOR_FD_VMM_EVENTS, cgroups->vmm.events, "vmm-events");
}

/* Needs root, too, but can wait until the VMM has started. */
static void make_broker_cgroup(struct jails *jails, struct supervisor *supervisor)
{
    struct jail *broker = &jails->broker, *janitor = &jails->janitor, *jail = &jails->supervisor;
    struct cgroups *cgroups = &supervisor->cgroups;

    if (cgroups->count == 0)
        return;
    if (!cgroups_make(cgroups, BROKER, broker->options, jail->euid))
        errx(1, "the cgroup %s already exists (--id)", cgroups->broker.name);
    if (write(janitor->cgroups_made[1], "", 1) != 1)
        warn("the janitor has ended"); /* the supervisor sees that too, and cleans up */
    close(janitor->cgroups_made[1]);
    jail_give(jail, SUPERVISOR_FD_BROKER_EVENTS, cgroups->broker.events, "broker-events");
}

/* Before there is a filter in a jail (the VMM waits with its own for its configuration): whom it
 * kills at once is to be told, too. */
static void open_kernel_log(struct jails *jails, struct supervisor *supervisor)
{
    int log = kernel_log_open();

    jail_give(&jails->supervisor, SUPERVISOR_FD_KERNEL_LOG, log, "kernel-log");
    supervisor->kernel_log = (struct kernel_log){.fd = log < 0 ? -1 : SUPERVISOR_FD_KERNEL_LOG,
                                                 .vmm = jails->vmm.uid,
                                                 .broker = jails->broker.uid,
                                                 .out = &supervisor->log};
}

/* The user's files, which furnish() has opened for the broker. The system's authorities need no
 * copy: update-ca-certificates(8) replaces the file. */
static void copy_files(struct jail *broker)
{
    const int credentials = BROKER_FD_CREDENTIALS + (int)broker->options->credentials.count;
    int *fds = broker->fds;

    fds[BROKER_FD_FEEDS] = sealed_copy(fds[BROKER_FD_FEEDS], "the feeds file");
    if (broker->options->ca_given)
        fds[BROKER_FD_CA] = sealed_copy(fds[BROKER_FD_CA], "the trusted authorities");
    for (int fd = BROKER_FD_CREDENTIALS; fd < credentials; fd++)
        fds[fd] = sealed_copy(fds[fd], broker->names[fd]);
}

/* Starts both jails: the VMM's first, which takes longest; before it, the broker's cgroup and the
 * check of its files, if the user has given one, or wants to hear of the feeds. */
static void start_jails(struct jails *jails, struct supervisor *supervisor)
{
    struct jail *vmm = &jails->vmm, *broker = &jails->broker, *jail = &jails->supervisor;
    const struct options *options = broker->options;
    const bool first = options->feeds_given || options->ca_given ||
                       options->credentials.count > 0 || supervisor->status;

    if (first) {
        copy_files(broker);
        make_broker_cgroup(jails, supervisor);
        address_guard_attach(&supervisor->cgroups.broker, broker);
        check_feeds(*broker, supervisor, jail->fds[SUPERVISOR_FD_SIGNALS]);
    }
    jail_give(jail, SUPERVISOR_FD_VMM_PID, jail_start(vmm), "vmm-pid");
    timing_phase(vmm->timing, "VMM cloned");
    open_kernel_log(jails, supervisor);
    timing_phase(vmm->timing, "kernel's log");
    configure_send(vmm, &jails->config, jail->ready);
    timing_phase(vmm->timing, "KVM's CPUID leaves");
    if (!first) {
        copy_files(broker);
        make_broker_cgroup(jails, supervisor);
    }
    timing_phase(broker->timing, "cgroup of the broker");
    jail_give(jail, SUPERVISOR_FD_WARDEN_PID, jail_start(broker), "warden-pid");
    timing_phase(broker->timing, "warden cloned");
    if (!first) /* while the jails close their locks */
        address_guard_attach(&supervisor->cgroups.broker, broker);
    timing_phase(broker->timing, "address guard");
}

void start(struct jails *jails, struct supervisor *supervisor)
{
    jail_close_lock(&jails->supervisor, &lock_capability_bounds); /* for all of them */
    make_vmm_cgroup(jails, supervisor);
    timing_phase(jails->vmm.timing, "cgroup of the VMM");
    jails->vmm.cgroups = jails->broker.cgroups = &supervisor->cgroups;
    jails->vmm.cgroup = &supervisor->cgroups.vmm;
    jails->broker.cgroup = &supervisor->cgroups.broker;
    start_jails(jails, supervisor);
}
