/*
 * Locks that are a call of prctl(2) each: parent death, no_new_privs, not dumpable, write-execute,
 * memory merging, core scheduling, speculation.
 */
#include "jail.h"
#include "kernel.h"

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

/* After the change of IDs, which would undo it (PR_SET_PDEATHSIG(2const)). */
static void die_with_parent(struct jail *jail)
{
    struct pollfd parent = {.fd = jail->parent, .events = POLLIN};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        err(1, "cannot tie the jail's life to the jailer's");
    if (poll(&parent, 1, 0) != 0) /* it is dead already */
        _exit(1);
}

static void set_no_new_privs(struct jail *jail)
{
    (void)jail;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        err(1, "cannot set no_new_privs");
}

/* execve(2) makes a process dumpable again, so sparkler-vmm and the broker do this, too. */
static void set_not_dumpable(struct jail *jail)
{
    (void)jail;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        err(1, "cannot make the process not dumpable");
}

static const char *mdwe_missing(const struct jail *jail)
{
    (void)jail;
    return prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0 ? "needs Linux 6.3" : NULL;
}

static void deny_write_execute(struct jail *jail)
{
    (void)jail;
    if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
        err(1, "cannot forbid memory that is writable and executable");
}

static bool has_core_scheduling(void)
{
    unsigned long cookie;

    return prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, PR_SCHED_CORE_SCOPE_THREAD, &cookie) == 0;
}

static bool smt_is_off(void)
{
    char active = '1';
    int fd = open("/sys/devices/system/cpu/smt/active", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, &active, 1) != 1)
            active = '1';
        close(fd);
    }
    return active == '0';
}

static const char *core_scheduling_skipped(const struct jail *jail)
{
    (void)jail;
    return !has_core_scheduling() && smt_is_off() ? "SMT is off, no core is shared" : NULL;
}

static const char *core_scheduling_missing(const struct jail *jail)
{
    (void)jail;
    return has_core_scheduling() ? NULL : "needs Linux 5.14, CONFIG_SCHED_CORE";
}

static void set_core_cookie(struct jail *jail)
{
    (void)jail;
    if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) != 0)
        err(1, "cannot get a core-scheduling cookie");
}

/* Merged pages (KSM) reveal by timing which pages a stranger has. */
static const char *merging_skipped(const struct jail *jail)
{
    (void)jail;
    return prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) < 0 ? "this kernel merges only on request" : NULL;
}

/* Whoever started the jailer may have turned it on, as systemd does by MemoryKSM=. */
static void forbid_merging(struct jail *jail)
{
    (void)jail;
    if (prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0) != 0)
        err(1, "cannot forbid the merging of memory");
}

static const int misfeatures[] = {PR_SPEC_STORE_BYPASS, PR_SPEC_INDIRECT_BRANCH};
#define MISFEATURES (sizeof(misfeatures) / sizeof(misfeatures[0]))

/* PR_SPEC_PRCTL: the kernel leaves the choice to the process (kernel's spec_ctrl.rst) */
static bool can_disable(int speculation)
{
    int state = prctl(PR_GET_SPECULATION_CTRL, speculation, 0, 0, 0);

    return state > 0 && (state & PR_SPEC_PRCTL) != 0;
}

/*
 * Not logged as missing: the kernel reports for the whole machine whether the processor is
 * vulnerable; the cure is microcode, the hypervisor or the kernel's command line.
 */
static const char *speculation_skipped(const struct jail *jail)
{
    (void)jail;
    for (unsigned i = 0; i < MISFEATURES; i++)
        if (can_disable(misfeatures[i]))
            return NULL;
    return "no switch per process here; see lscpu";
}

static void disable_speculation(struct jail *jail)
{
    (void)jail;
    for (unsigned i = 0; i < MISFEATURES; i++)
        if (can_disable(misfeatures[i]) &&
            prctl(PR_SET_SPECULATION_CTRL, misfeatures[i], PR_SPEC_FORCE_DISABLE, 0, 0) != 0)
            err(1, "cannot disable speculation %d", misfeatures[i]);
}

const struct lock lock_parent_death = {
    .name = "parent death",
    .what = "dies with the jailer",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .close = die_with_parent,
};

const struct lock lock_no_new_privs = {
    .name = "no_new_privs",
    .what = "execve gives nothing",
    .roles = EVERY_ROLE,
    .close = set_no_new_privs,
};

const struct lock lock_dumpable = {
    .name = "not dumpable",
    .what = "no core; ptrace by namespace's owner only",
    .roles = EVERY_ROLE,
    .close = set_not_dumpable,
};

const struct lock lock_write_execute = {
    .name = "write-execute",
    .what = "no memory both writable and executable",
    .roles = EVERY_ROLE,
    .missing = mdwe_missing,
    .close = deny_write_execute,
};

const struct lock lock_memory_merging = {
    .name = "memory merging",
    .what = "no page shared with strangers (KSM)",
    .roles = EVERY_ROLE,
    .skipped = merging_skipped,
    .close = forbid_merging,
};

const struct lock lock_core_scheduling = {
    .name = "core scheduling",
    .what = "no hyperthread shared with strangers",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .skipped = core_scheduling_skipped,
    .missing = core_scheduling_missing,
    .close = set_core_cookie,
};

const struct lock lock_speculation = {
    .name = "speculation",
    .what = "no store bypass, no foreign predictions",
    .roles = VMM | BROKER | PACKER | DIGESTER,
    .skipped = speculation_skipped,
    .close = disable_speculation,
};
