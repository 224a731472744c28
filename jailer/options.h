/* The command line of the jailer. */
#ifndef SPARKLER_OPTIONS_H
#define SPARKLER_OPTIONS_H

#include "vmm/linux.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What the jailer ends with for a Linux program that could not run, or whose VM failed, as env(1)
 * does: 0 to 4 are the program's own. */
#define STATUS_LINUX_FAILED 125

#define OPTION_REPEATS_MAX 16   /* of each option that may be given again */
#define OPTION_STRINGS_MAX 1024 /* of --env, which costs no descriptor */

/* NAME=VALUE, as --credential, --cgroup and --resource-limit take it */
struct setting {
    const char *name;
    const char *value;
};

struct settings {
    unsigned count;
    struct setting list[OPTION_REPEATS_MAX];
};

/* the values of --env, which are NAME=VALUE */
struct strings {
    unsigned count;
    const char *list[OPTION_STRINGS_MAX];
};

/* What --mount, --file and --tmpfs put into a Linux guest (struct linux_mount), in their order. */
struct mount {
    enum linux_mount_kind kind;
    const char *path; /* in the guest */
    const char *file; /* of the host; of a tmpfs its options, which are the guest's to read */
    const char *option;
};

struct mounts {
    unsigned count;
    struct mount list[LINUX_MOUNTS_MAX];
};

/* --user */
struct guest_user {
    uint32_t uid, gid, group_count, groups[LINUX_GROUPS_MAX];
};

/* --rlimit */
struct rlimits {
    uint32_t given; /* bit N: of[N] */
    struct linux_rlimit of[LINUX_RLIMITS_MAX];
};

/* What of the guest's output reaches a terminal: by the kind of guest, text for a flat one;
 * screen.h; or everything. */
enum console { CONSOLE_AUTO, CONSOLE_SAFE, CONSOLE_RAW };

struct options {
    const char *id;
    bool id_given;
    const char *program; /* path of the VMM */
    char **arguments;    /* of the VMM, behind its name; ended by NULL */
    const char *broker;  /* path of the network broker */
    const char *guest, *feeds, *ca, *record;
    /* a Linux program; `guest` is then the kernel that answers it */
    bool is_linux;
    const char *linux_program, *linux_root, *directory, *hostname;
    const char *program_path; /* of linux_program, inside the VM */
    struct mounts mounts;
    struct strings environment;
    struct guest_user user;
    bool user_given;
    struct rlimits rlimits;
    bool read_only, trace;
    bool feeds_given; /* by the user, so they are checked before the VM starts */
    bool ca_given;    /* by the user, who may edit it */
    struct settings credentials, limits, cgroup_limits;
    const char *parent_cgroup; /* below /sys/fs/cgroup, or each controller there (v1), or "." */
    bool parent_given;
    uint64_t memory_bytes;    /* of the guest */
    bool lock_memory;         /* never swapped */
    unsigned timeout_seconds; /* 0: none */
    uid_t uid;                /* of the VMM; the broker's is one higher */
    bool uid_given;
    gid_t gid;
    const char *netns, *pid_file, *hold, *status;
    const char *manager; /* socket of a service manager that waits until the VM is up, or NULL */
    int ready;           /* a socket, or -1 */
    int program_error;   /* the Linux program's standard error */
    bool root;           /* may change to any ID (ids.h) */
    enum console console;
    bool userns, offline_samples, daemonize, pass_signals, explain, timing;
};

/*
 * Reads the command line. Paths are looked up (a bare program name beside the jailer, then in the
 * libexec directory). Wrong usage ends the program with status 1 and a line that says what to do;
 * --help and --version end it with 0. For a Linux program every exit(3) ends with
 * STATUS_LINUX_FAILED from here on; other ends are by _exit(2).
 */
struct options options_parse(int argc, char **argv);

/* Whether the VMM waits for the supervisor's word before it starts the guest (vmm/config.h). */
static inline bool is_held(const struct options *options)
{
    return options->hold || options->ready >= 0 || options->daemonize || options->manager;
}

#endif
