/*
 * The processes of a VM, an entry each: name, jail, policies, user and descriptors. The jailer
 * starts them by this table and names them by it on the log; sparkler-policy explains and audits
 * them by it.
 */
#ifndef SPARKLER_PROCESSES_H
#define SPARKLER_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

#define PROCESSES       9
#define CHAIN_MAX       2
#define DESCRIPTORS_MAX 19 /* with the end */

/* What the jailer builds: two jails with namespaces of their own, and two processes that keep those
 * of the host. sparkler-oci builds the last two jails, to make an image of a container's root. A
 * bit each, since a lock names all that it holds. */
enum role { VMM = 1, BROKER = 2, SUPERVISOR = 4, JANITOR = 8, PACKER = 16, DIGESTER = 32 };
#define EVERY_ROLE (VMM | BROKER | SUPERVISOR | JANITOR | PACKER | DIGESTER)

/* Whose user ID a process of root's VMs has (jailer/ids.h). */
enum user { VMM_USER, BROKER_USER };

/* Descriptors that a process may hold once it is confined. */
struct descriptor {
    int first, last;
    const char *targets[2]; /* how their links in /proc/PID/fd may begin */
};

struct process {
    const char *name;                /* its first 15 bytes are the kernel's name for it (comm) */
    const char *title;               /* what the log calls it */
    enum role role;                  /* whose jail it is in */
    bool is_first;                   /* the jailer starts it; the others in the jail descend */
    bool always;                     /* it lives as long as the VM does */
    bool reads_all;                  /* started by root, it keeps CAP_DAC_READ_SEARCH */
    const char *instead_of;          /* a VM that has this process has not that one; or NULL */
    enum user user, effective;       /* real and effective */
    const char *policies[CHAIN_MAX]; /* oldest filter first; all of them hold it */
    const char *fd_prefix;           /* of its descriptors' names: "VMM" for VMM_FD_KVM */
    struct descriptor descriptors[DESCRIPTORS_MAX]; /* up to one without targets */
};

extern const struct process processes[PROCESSES + 1]; /* ends with a NULL name */

/* The process that the jailer starts for this role. */
const struct process *process_of(enum role role);

/* The process of that name, also if it is cut to the kernel's 15 bytes; NULL if there is none. */
const struct process *process_find(const char *name);

#endif
