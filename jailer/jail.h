/*
 * A jail: one confined process and what it is given. The locks close over it in the order of
 * locks[] (locks.c). A lock is defined in the file named after it or after what it is made of:
 * namespaces.c, prctl.c and kvm.c have several.
 */
#ifndef SPARKLER_JAIL_H
#define SPARKLER_JAIL_H

#include "options.h"
#include "timing.h"

#include "policy/fds.h"
#include "policy/runtime/processes.h"
#include "vmm/config.h"

#include <stdint.h>

#define JAIL_FDS_MAX  (VMM_FD_IMAGES + LINUX_MOUNTS_MAX + 1)
#define JAIL_NAME_MAX 48 /* of a descriptor: "credential.", 32 characters, ":" */

struct jail;

/* What runs in a jail instead of its program; never returns. */
typedef void jail_run(const struct jail *jail);

struct cgroup;
struct cgroups;

/* A directory of a stranger's that packer and digester read as JAIL_TREE, and the file that the
 * packer writes as JAIL_IMAGE. */
#define JAIL_TREE  "/tree"
#define JAIL_IMAGE "/image"

struct tree {
    int (*open)(const char *path); /* opens `path` (O_PATH) in the jail's mount namespace, too */
    const char *path;              /* NULL: there is none */
    dev_t device;                  /* what must be there */
    ino_t inode;
    const char *image;    /* path; NULL for the digester */
    uint64_t image_limit; /* bytes */
};

struct jail {
    const struct process *process; /* the first one in it */
    enum role role;                /* of that process */
    jail_run *run;                 /* NULL: the program is executed at once */
    const struct options *options;
    struct timing *timing;
    bool as_root;    /* the jailer has real root, and gives the jail other IDs */
    uid_t uid, euid; /* differ only in supervisor and janitor */
    gid_t gid;
    uint64_t image_bytes;          /* beside the guest's memory, for images (vmm/config.h) */
    const struct tree *tree;       /* of packer and digester */
    int program;                   /* O_PATH descriptor of what is executed */
    char **argv;                   /* of the program */
    int ready;                     /* becomes JAIL_FD_READY; -1 for the VMM */
    int ids_mapped[2];             /* a pipe: a byte when root has mapped the ids of --userns */
    const struct cgroup *cgroup;   /* of the VMM or the broker */
    const struct cgroups *cgroups; /* for the jails to enter, for the janitor to remove */
    int cgroups_made[2];           /* a pipe: a byte when they are the janitor's too */
    bool stats;                    /* of the VMM: it opens KVM's counters of its vCPU */
    pid_t pid;                     /* once it is started */
    int parent;                    /* pidfd of the jailer, with which the jail dies */
    int fd_count;                  /* the highest number that was given, + 1 */
    int fds[JAIL_FDS_MAX];         /* by number; -1: none */
    const char *names[JAIL_FDS_MAX];
};

/* those of a VM; the supervisor's process is the jailer's own */
struct jails {
    struct jail vmm, broker, supervisor, janitor;
    struct config config; /* that the VMM is told */
};

_Static_assert(SUPERVISOR_FD_VCPU_STATS < JAIL_FDS_MAX, "the supervisor's descriptors fit");
_Static_assert(BROKER_FD_CREDENTIALS + OPTION_REPEATS_MAX <= JAIL_FDS_MAX,
               "the broker's descriptors fit");

/* A jail that has been given nothing yet. */
struct jail jail_new(enum role role, const struct options *options, struct timing *timing);

/*
 * Gives the jail a descriptor, or none (-1), by the number that policy/fds.h has for it. A program
 * finds its name in LISTEN_FDNAMES (sd_listen_fds(3)), so it must be given every number from 3 on
 * up to its last.
 */
static inline void jail_give(struct jail *jail, int number, int fd, const char *name)
{
    jail->fds[number] = fd;
    jail->names[number] = name;
    if (jail->fd_count <= number)
        jail->fd_count = number + 1;
}

struct lock {
    const char *name;
    const char *what;     /* for --explain: what it takes away */
    const char *as_user;  /* what it takes away in an ordinary user's VM, if that differs */
    unsigned roles;       /* which processes it holds */
    uint64_t clone_flags; /* CLONE_NEW…: the process is born behind this lock */
    /* Why it does not apply to this jail, or NULL. */
    const char *(*skipped)(const struct jail *jail);
    /* Why this kernel cannot close it, or NULL. Logged. */
    const char *(*missing)(const struct jail *jail);
    /* Which parts of it this kernel cannot close, and why, or NULL. Logged, too. */
    const char *(*incomplete)(const struct jail *jail);
    /* Closes it on the calling process; ends the process by err(3), status 1, if it cannot. */
    void (*close)(struct jail *jail);
};

extern const struct lock lock_user_namespace, lock_mount_namespace, lock_pid_namespace,
    lock_network_namespace, lock_ipc_namespace, lock_uts_namespace, lock_cgroup_namespace;
extern const struct lock lock_session, lock_cgroup, lock_address_guard, lock_root,
    lock_parent_death, lock_rlimits, lock_capability_bounds, lock_ids, lock_no_new_privs,
    lock_dumpable, lock_write_execute, lock_memory_merging, lock_speculation, lock_core_scheduling,
    lock_landlock, lock_descriptors, lock_seccomp;
extern const struct lock lock_processor, lock_bus_locks, lock_event_windows, lock_quirks;

/* All locks in the order in which they close; ended by NULL. */
extern const struct lock *const locks[];

/* What this kernel lacks for the lock, or for a part of it, on this jail; or NULL. */
const char *lock_lacks(const struct lock *lock, const struct jail *jail);

/* Why the lock is skipped or missing on this jail; NULL if it closes. */
const char *lock_left_open(const struct lock *lock, const struct jail *jail);

/* The CLONE_NEW… flags of the namespaces that the jail is born with. */
uint64_t jail_clone_flags(const struct jail *jail);

/* Closes a lock on the calling process, if it applies to the jail; and every lock that does. */
void jail_close_lock(struct jail *jail, const struct lock *lock);
void jail_close_locks(struct jail *jail);

/*
 * Maps the IDs of a process that root has started in a user namespace, and that waits for them.
 * Root makes the namespace, since whoever makes one has every capability in it, and so would any
 * process outside with the jail's own uid. Ends the jailer by err(3) if it fails.
 */
void map_ids_from_outside(const struct jail *jail, pid_t pid);

/*
 * Starts the jail's process behind its locks: `run`, or else its program. Returns a pidfd
 * (close-on-exec).
 */
int jail_start(struct jail *jail);

/* Replaces the calling process by the jail's program, with nothing in its environment but the
 * names of its descriptors (sd_listen_fds(3)). Ends it by err(3) if that fails. */
_Noreturn void jail_execute(const struct jail *jail);

/* Pid 1 of the broker's jail: starts the broker when the link becomes readable, and restarts it
 * when it dies. Never returns; the supervisor ends it. */
_Noreturn void warden_run(const struct jail *jail);

/*
 * Waits until both cgroups exist and belong to the janitor's user. If the jailer dies before that,
 * one may still belong to root, and the janitor keeps root's uid, but not its capabilities.
 */
void janitor_await_cgroups(struct jail *janitor);

/* Removes the VM's cgroups if the supervisor dies without doing so. Never returns. */
_Noreturn void janitor_run(const struct jail *jail);

/* Prints to stdout the locks of the VMM, the broker, the supervisor and the janitor, and what these
 * leave to them. */
void explain(const struct jails *jails);

struct user_log;

/* Says in one line which locks this kernel lacks, if any. What every kernel has is closed, or an
 * error. */
void log_missing(const struct jails *jails, struct user_log *log);

#endif
