/* Compiles a policy to classic BPF with libseccomp, which no confined program links. */
#ifndef SPARKLER_COMPILE_H
#define SPARKLER_COMPILE_H

#include "policy/tool/parse.h"

#include <linux/filter.h>

/*
 * Stores the filter in `filter`, an array of BPF_MAXINSNS instructions, and returns its length.
 * Ends the program by err(3) if libseccomp refuses a rule.
 */
unsigned short policy_compile(const struct policy_file *policy, struct sock_filter *filter);

/* Prints the filter as C: `const struct policy policy_NAME`, of policy/runtime/policy.h. */
void policy_print(const struct policy_file *policy, const struct sock_filter *filter,
                  unsigned short length);

#endif
