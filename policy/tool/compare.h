/* Compares a filter with its policy file on millions of calls, chosen from what the file says. */
#ifndef SPARKLER_COMPARE_H
#define SPARKLER_COMPARE_H

#include "policy/tool/oracle.h"
#include "policy/tool/parse.h"

#include <linux/filter.h>
#include <stdio.h>

struct compared {
    uint64_t calls;       /* system calls that were tried */
    uint64_t differences; /* those that filter and file judge differently */
    unsigned unexplained; /* branches that no call took: the filter compares with other values */
    unsigned foreign;     /* instructions that the compiler never generates from this file */
};

/*
 * Tries every system call number from 0 to 1023 as x86-64, x32 and i386 have it, and some beyond,
 * with all combinations of the constants that the policy compares arguments with, their neighbours,
 * and these with high bits set. For each call that the file lets through, it also tries those that
 * differ in one bit of number, architecture, instruction pointer or an argument, and all other
 * system calls with the same arguments. Prints to `out` one difference for each of the first system
 * calls that have any, and the first foreign instructions.
 */
struct compared compare(const struct policy_file *policy, const struct oracle *oracle,
                        const struct sock_fprog *filter, FILE *out);

/* Whether the filter does what the file says. */
bool compared_same(const struct compared *compared);

/* Prints the differences, branches and instructions, as the end of a line. */
void compared_print(const struct compared *compared, FILE *out);

#endif
