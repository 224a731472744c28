/*
 * A seccomp filter that was compiled from policy/NAME.policy when the project was built.
 *
 * `sparkler-policy compile` writes each one as build/obj/policy/NAME.filter.c; a program names
 * those that it installs. Nothing is parsed or allocated at run time.
 */
#ifndef SPARKLER_POLICY_H
#define SPARKLER_POLICY_H

#include <linux/filter.h>

/* Where the file has its rule for a system call; to explain a death by. */
struct policy_line {
    unsigned short number, line;
    unsigned char always; /* the call never kills, whatever its arguments are */
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
    X(vmm) X(vmm_linux) X(warden) X(netbroker) X(resolver) X(supervisor) X(janitor)

#define POLICY_DECLARE(name) extern const struct policy policy_##name;
POLICIES(POLICY_DECLARE)

/* policy/NAME.policy. Ends the program by err(3) if there is none. */
const struct policy *policy_find(const char *name);

/*
 * Confines the calling process, and all that it will start, to the policy, for good (seccomp(2)).
 * Needs no_new_privs to be set. Ends the program by err(3) if the kernel refuses the filter.
 */
void policy_install(const struct policy *policy);

/*
 * Makes what the linker marked as read-only after relocation (PT_GNU_RELRO, elf(5)) read-only. The
 * start of a static program does that in glibc, not in musl. Ends the program by err(3) if it
 * fails.
 */
void relro_protect(void);

#endif
