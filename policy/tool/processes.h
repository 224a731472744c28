/*
 * Which policies hold each process of Sparkler. A process keeps every filter that it or a parent
 * has installed, and may do only what all of them allow: the intersection.
 */
#ifndef SPARKLER_PROCESSES_H
#define SPARKLER_PROCESSES_H

#include "policy/tool/parse.h"

#define PROCESSES 7
#define CHAIN_MAX 2

struct process {
    const char *name;             /* its first 15 bytes are the kernel's name for it (comm) */
    const char *chain[CHAIN_MAX]; /* its policies, the oldest filter first; NULL behind the last */
    const char *descriptors;      /* whose name theirs start with: "VMM" for VMM_FD_KVM */
    bool always;                  /* it is there as long as the VM is */
    const char *instead_of;       /* in a VM that has this one, the other is not there; or NULL */
    bool jailed;                  /* it has namespaces of its own, and no terminal */
    bool networked;               /* the network is not among these */
};

extern const struct process processes[PROCESSES + 1]; /* ends with a NULL name */

/* The process of that name, also if it is cut to the kernel's 15 bytes; NULL if there is none. */
const struct process *process_find(const char *name);

size_t process_filters(const struct process *process);

/*
 * What the process may do in the end: for each system call that all policies of its chain let
 * through, a rule with the conditions of all and the reason of the last. They are read from
 * DIRECTORY/NAME.policy; mistakes in them end the program. policy_free() is due.
 */
struct policy_file process_policy(const struct process *process, const char *directory);

/* DIRECTORY/NAME.policy, to be freed. */
char *policy_path(const char *directory, const char *name);

#endif
