/*
 * Seccomp filters, compiled from policy/NAME.policy by the build: `sparkler-policy compile` writes
 * each as build/obj/policy/NAME.filter.c. Nothing is parsed or allocated at run time.
 */
#ifndef SPARKLER_POLICY_H
#define SPARKLER_POLICY_H

#include <linux/filter.h>

/* The line of a system call's rule, to say why a process was killed. */
struct policy_line {
    unsigned short number, line;
    unsigned char always; /* no arguments of the call kill */
};

struct policy {
    const char *name;
    unsigned short length; /* instructions in filter */
    const struct sock_filter *filter;
    unsigned short rules; /* entries in lines */
    const struct policy_line *lines;
};

/* all policies; '-' in a name is '_' here */
#define POLICIES(X)                                                                                \
    X(vmm_boot)                                                                                    \
    X(vmm)                                                                                         \
    X(vmm_linux) X(warden) X(netbroker) X(resolver) X(supervisor) X(janitor) X(packer) X(digester)

#define POLICY_DECLARE(name) extern const struct policy policy_##name;
POLICIES(POLICY_DECLARE)

/* policy/NAME.policy. Ends the program by err(3) if there is none. */
const struct policy *policy_find(const char *name);

/*
 * Confines the calling process, and every process that it starts, to the policy for good
 * (seccomp(2)). Needs no_new_privs. Ends the program by err(3) if the kernel refuses the filter.
 */
void policy_install(const struct policy *policy);

/*
 * Makes read-only what the linker marked as read-only after relocation (PT_GNU_RELRO, elf(5)). In a
 * static program, glibc does so at its start, musl does not. Ends the program by err(3) if it
 * fails.
 */
void relro_protect(void);

#endif
