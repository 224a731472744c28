/*
 * What a policy file says about a system call, read a second time: the oracle uses neither the
 * parser nor libseccomp, so that a mistake in them shows as a difference.
 */
#ifndef SPARKLER_ORACLE_H
#define SPARKLER_ORACLE_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

struct oracle {
    struct clause *clauses; /* one for each alternative of each rule */
    size_t count;
};

/* Reads a policy that the linter has passed; ends the program by errx(3) if it cannot. */
struct oracle oracle_read(const char *path);
void oracle_free(struct oracle *oracle);

/* The SECCOMP_RET_ action, with its data, that the file says for this call. */
uint32_t oracle_action(const struct oracle *oracle, const struct seccomp_data *data);

#endif
