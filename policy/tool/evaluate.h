/* Evaluates classic BPF as seccomp does: every instruction that the kernel accepts there. */
#ifndef SPARKLER_EVALUATE_H
#define SPARKLER_EVALUATE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#define BRANCH_TRUE  1
#define BRANCH_FALSE 2

/*
 * Runs the filter on one system call and stores the result, a SECCOMP_RET_ action with its data.
 * `taken` may be NULL; else it has a byte for each instruction, to which each conditional jump adds
 * the BRANCH_ bit of the way it went. Returns false if the kernel would not accept the filter
 * (seccomp_check_filter() and bpf_check_classic() there).
 */
bool evaluate(const struct sock_fprog *filter, const struct seccomp_data *data, uint32_t *action,
              uint8_t *taken);

#endif
