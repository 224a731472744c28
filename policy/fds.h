/*
 * The descriptors of each confined program. Their numbers are fixed, so that a policy can bind a
 * system call to a descriptor. A name starts with the program that has the descriptor, and only the
 * policies of that program may use it. The jailer hands descriptors over by number.
 */
#ifndef SPARKLER_FDS_H
#define SPARKLER_FDS_H

/* every program */
#define FD_CONSOLE_IN  0 /* the supervisor's are those that the user gave it */
#define FD_CONSOLE_OUT 1
#define FD_LOG         2

/* every jail; the first is the write end of the pipe of vmm/config.h, which every process but the
 * VMM closes when it is confined */
#define JAIL_FD_READY   126
#define JAIL_FD_PROGRAM 127 /* the program to start, close-on-exec */

/* sparkler-vmm */
#define VMM_FD_KVM    3  /* /dev/kvm; closed before the guest runs */
#define VMM_FD_GUEST  4  /* the guest image, read-only; closed once it is loaded */
#define VMM_FD_BROKER 5  /* the VMM's end of the link */
#define VMM_FD_CONFIG 6  /* read end of the pipe of vmm/config.h; closed before the guest runs */
#define VMM_FD_VM     7  /* made by KVM_CREATE_VM */
#define VMM_FD_VCPU   8  /* made by KVM_CREATE_VCPU */
#define VMM_FD_STATS  9  /* --status: KVM's counters of the vCPU; closed before the guest runs */
#define VMM_FD_ERROR  10 /* a Linux program's standard error */
#define VMM_FD_START  11 /* a held VMM's end of the start; closed before the guest runs */
#define VMM_FD_IMAGES 12 /* a Linux guest's images from here on; closed once they are mapped */

/* the warden and sparkler-netbroker */
#define BROKER_FDNAMES     "link:feeds:ca:ledger"
#define BROKER_FD_LINK     3 /* the broker's end of the link */
#define BROKER_FD_FEEDS    4 /* sealed copy of feeds.json; closed once it is read */
#define BROKER_FD_RESOLVER 4 /* in its place afterwards: the broker's end of the pair */
#define BROKER_FD_CA       5 /* PEM bundle of trusted authorities, or a sealed copy; closed, too */
#define BROKER_FD_LEDGER   6 /* the broker's end of the ledger */
/* the first of the credentials, each sealed and named "credential.NAME" in LISTEN_FDNAMES
 * (sd_listen_fds(3)) */
#define BROKER_FD_CREDENTIALS 7

/* resolver */
#define RESOLVER_FD_BROKER 4 /* the resolver's end of the pair */

/* supervisor */
#define SUPERVISOR_FD_SIGNALS       3  /* signalfd */
#define SUPERVISOR_FD_VMM_PID       4  /* pidfd of sparkler-vmm */
#define SUPERVISOR_FD_WARDEN_PID    5  /* pidfd of the warden */
#define SUPERVISOR_FD_VMM_LOG       6  /* read end of the VMM's log */
#define SUPERVISOR_FD_BROKER_LOG    7  /* read end of the broker's log */
#define SUPERVISOR_FD_GUEST_OUTPUT  8  /* read end of the guest's console, if it is a terminal */
#define SUPERVISOR_FD_GUEST_INPUT   9  /* write end of the guest's console, likewise */
#define SUPERVISOR_FD_CGROUPS       10 /* parent of the cgroups: v2's, or that of v1's memory */
#define SUPERVISOR_FD_CGROUP_PIDS   11 /* v1: that of pids */
#define SUPERVISOR_FD_CGROUP_CPU    12 /* v1: that of cpu */
#define SUPERVISOR_FD_CGROUP_V2     13 /* beside v1: that of v2, for the address guard */
#define SUPERVISOR_FD_VMM_EVENTS    14 /* whether the VMM's memory ran out */
#define SUPERVISOR_FD_JANITOR_PID   15 /* pidfd of the janitor */
#define SUPERVISOR_FD_KERNEL_LOG    16 /* /dev/kmsg, read-only: who was killed by SIGSYS */
#define SUPERVISOR_FD_PID_FILE      17 /* --pid-file */
#define SUPERVISOR_FD_BROKER_EVENTS 18 /* whether the broker's memory ran out */
#define SUPERVISOR_FD_CLAIM         19 /* keeps other VMs from its uids or its id (claim.h) */
#define SUPERVISOR_FD_OWN_PID       20 /* pidfd of the supervisor itself */
#define SUPERVISOR_FD_STARTER       21 /* who waits until the VM is up: a pipe, a socket */
#define SUPERVISOR_FD_HOLD          22 /* --hold: a byte from it starts the guest */
#define SUPERVISOR_FD_READY         23 /* --ready: a socket to whoever has the jails built */
#define SUPERVISOR_FD_ERROR         24 /* --stderr, if that is a terminal */
#define SUPERVISOR_FD_LEDGER        25 /* the supervisor's end of the ledger */
#define SUPERVISOR_FD_RECORD        26 /* --record */
#define SUPERVISOR_FD_START         27 /* the supervisor's end of the start (vmm/config.h) */
/* with --status: the directory and the three files of jailer/status_file.h; /proc/PID/stat of three
 * processes; memory and CPU time of both cgroups; KVM's counters of the vCPU */
#define SUPERVISOR_FD_STATUS        28
#define SUPERVISOR_FD_STATUS_TEXT   29
#define SUPERVISOR_FD_STATUS_SPARE0 30
#define SUPERVISOR_FD_STATUS_SPARE1 31
#define SUPERVISOR_FD_VMM_STAT      32
#define SUPERVISOR_FD_WARDEN_STAT   33
#define SUPERVISOR_FD_OWN_STAT      34
#define SUPERVISOR_FD_VMM_MEMORY    35
#define SUPERVISOR_FD_VMM_CPU       36
#define SUPERVISOR_FD_BROKER_MEMORY 37
#define SUPERVISOR_FD_BROKER_CPU    38
#define SUPERVISOR_FD_VCPU_STATS    39

/* janitor */
#define JANITOR_FD_SUPERVISOR  3 /* pidfd of the supervisor */
#define JANITOR_FD_CGROUPS     SUPERVISOR_FD_CGROUPS
#define JANITOR_FD_CGROUP_PIDS SUPERVISOR_FD_CGROUP_PIDS
#define JANITOR_FD_CGROUP_CPU  SUPERVISOR_FD_CGROUP_CPU
#define JANITOR_FD_CGROUP_V2   SUPERVISOR_FD_CGROUP_V2

/* mkfs.erofs, in the packer's jail */
#define PACKER_FD_IMAGE 3 /* the image, which it opens first */

/* digester */
#define DIGESTER_FD_RESULT 1 /* pipe that takes the digest */

#endif
