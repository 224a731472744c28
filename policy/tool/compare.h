/* Compares a filter with its policy file, call by call. */
#ifndef SPARKLER_COMPARE_H
#define SPARKLER_COMPARE_H

#include "policy/tool/oracle.h"
#include "policy/tool/parse.h"

#include <linux/filter.h>
#include <stdio.h>

struct compared {
    uint64_t calls;       /* how many system calls were tried */
    uint64_t differences; /* how many of them filter and file judge differently */
    unsigned unreached;   /* ways of jumps that no call took: the filter knows what no file says */
    unsigned foreign;     /* instructions that the compiler never makes of this file */
};

/*
 * Tries every system call number from 0 to 1023 as x86-64, x32 and i386 have it, and some beyond;
 * for the arguments that the policy compares, all combinations of its constants, their neighbours,
 * and these with high bits set. For each call that the file lets through, all that differ from it
 * in one bit (of number, architecture, instruction pointer or an argument) and all other system
 * calls with these arguments. Prints to `out` a difference for each of the first system calls that
 * have any, and the instructions that the compiler never makes of this file.
 */
struct compared compare(const struct policy_file *policy, const struct oracle *oracle,
                        const struct sock_fprog *filter, FILE *out);

/* Whether nothing was found. */
bool compared_same(const struct compared *compared);

#endif
