/* An evaluator of classic BPF, as seccomp runs it: all instructions that the kernel accepts. */
#ifndef SPARKLER_EVALUATE_H
#define SPARKLER_EVALUATE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#define BRANCH_TRUE  1
#define BRANCH_FALSE 2

/*
 * Runs the filter on one system call and stores what it returns, a SECCOMP_RET_ action with its
 * data. Where `taken` is not NULL, it has a byte for each instruction, and gains BRANCH_ bits for
 * the way that each conditional jump went. Returns false if the filter is not one that the kernel
 * would accept (seccomp_check_filter() and bpf_check_classic() there).
 */
bool evaluate(const struct sock_fprog *filter, const struct seccomp_data *data, uint32_t *action,
              uint8_t *taken);

#endif
