/*
 * The descriptor numbers of each confined program, handed over by the jailer in this order with
 * systemd's LISTEN_FDS and LISTEN_FDNAMES (sd_listen_fds(3)). They are fixed so that a policy can
 * bind a system call to its descriptor; policies use these names.
 *
 * 0, 1 and 2 are the console's input, the console's output and the log in every program.
 */
#ifndef SPARKLER_FDS_H
#define SPARKLER_FDS_H

#define FD_CONSOLE_IN  0
#define FD_CONSOLE_OUT 1
#define FD_LOG         2

/* sparkler-vmm */
#define FD_KVM    3 /* /dev/kvm; closed before the guest runs */
#define FD_MEMORY 4 /* memfd, sealed at the guest's memory size; closed once it is mapped */
#define FD_GUEST  5 /* the guest image, read-only; closed once it is loaded */
#define FD_BROKER 6 /* the VMM's end of the link */
#define FD_START  7 /* read end of the pipe of vmm/config.h; closed before the guest runs */
#define FD_VM     8 /* made by KVM_CREATE_VM */
#define FD_VCPU   9 /* made by KVM_CREATE_VCPU */

/* sparkler-netbroker; behind these come the credentials, sealed, as "credential.NAME" */
#define BROKER_FDNAMES "link:feeds:ca"
#define FD_LINK        3 /* the broker's end of the link */
#define FD_FEEDS       4 /* sealed copy of feeds.json */
#define FD_CA          5 /* sealed copy of the PEM bundle of the trusted authorities */

/* made by sparkler-netbroker when it has read and closed the files above: in the broker and in its
 * resolver, each one's end of the pair between them */
#define FD_RESOLVER 4

/* write end of the pipe of vmm/config.h, which all but the VMM hold until they are confined */
#define FD_READY 62

/* the program to start, close-on-exec, in both jails */
#define FD_PROGRAM 63

/* the supervisor, whose 0, 1 and 2 are those that the user gave it */
#define FD_SIGNALS       3 /* signalfd */
#define FD_VMM_PID       4 /* pidfd of sparkler-vmm */
#define FD_WARDEN_PID    5 /* pidfd of the warden */
#define FD_VMM_LOG       6 /* read end of the VMM's log */
#define FD_BROKER_LOG    7 /* read end of the broker's log */
#define FD_GUEST_OUTPUT  8 /* read end of the guest's console, if the output is a terminal */
#define FD_GUEST_INPUT   9 /* write end of the guest's console, if the input is a terminal */
#define FD_CGROUPS       10 /* parent of the cgroups, or of those of v1's memory; the janitor's too */
#define FD_CGROUP_PIDS   11 /* v1: the same of pids */
#define FD_CGROUP_CPU    12 /* v1: the same of cpu */
#define FD_CGROUP_V2     13 /* beside v1: the same of v2, for the address guard */
#define FD_VMM_EVENTS    14 /* whether the VMM's memory ran out */
#define FD_JANITOR_PID   15 /* pidfd of the janitor */
#define FD_KERNEL_LOG    16 /* /dev/kmsg, read-only: who was killed by SIGSYS */
#define FD_PID_FILE      17 /* of the supervisor, if there is to be one */
#define FD_BROKER_EVENTS 18 /* whether the broker's memory ran out */
#define FD_CLAIM         19 /* keeps the VM's uids, or its id, from other VMs; see jailer/claim.h */
#define FD_OWN_PID       20 /* pidfd of the supervisor itself */
#define FD_STARTER       21 /* write end of the pipe to a daemon's parent, which waits for a status */

/* the janitor, beside FD_LOG and FD_CGROUPS */
#define FD_SUPERVISOR_PID 3 /* pidfd of the supervisor */

#endif
