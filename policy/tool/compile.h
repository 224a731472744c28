/* Compiles a policy to classic BPF by libseccomp, which only this room of the project sees. */
#ifndef SPARKLER_COMPILE_H
#define SPARKLER_COMPILE_H

#include "policy/tool/parse.h"

#include <linux/filter.h>

/*
 * Writes the filter to `filter`, which has room for BPF_MAXINSNS instructions, and returns how
 * many it has. Ends the program by err(3) if libseccomp refuses a rule.
 */
unsigned short policy_compile(const struct policy_file *policy, struct sock_filter *filter);

/* Prints the filter as C: `const struct policy policy_NAME`, of policy/runtime/policy.h. */
void policy_print(const struct policy_file *policy, const struct sock_filter *filter,
                  unsigned short length);

#endif
