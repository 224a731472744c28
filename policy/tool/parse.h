/*
 * A policy file as data. The language is that of sparkler-policy(5):
 *
 *     # the reason
 *     ioctl: arg0 == VMM_FD_VCPU && arg1 == KVM_RUN || arg0 == VMM_FD_VM && arg1 == KVM_IRQ_LINE
 *
 *     # the reason
 *     mprotect: arg2 in PROT_READ|PROT_WRITE
 */
#ifndef SPARKLER_PARSE_H
#define SPARKLER_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_NAME_MAX 32

enum operation {
    EQUAL, /* argument == value, all 64 bits */
    IN,    /* argument & ~value == 0: no bit outside the mask */
};

struct comparison {
    unsigned arg; /* 0 to 5 */
    enum operation operation;
    uint64_t value;
    char *text; /* the value as the file writes it */
};

/* Holds if all of its comparisons do, so always if it has none. No argument occurs twice. */
struct conjunction {
    size_t count;
    struct comparison comparisons[6];
};

/* What happens to a system call if one of the conjunctions holds. If none does, it kills. */
struct rule {
    const char *syscall;
    uint32_t number;
    unsigned line;
    char *reason;                 /* the comment above it, as one line */
    char *dangerous;              /* its line `dangerous: ...`, NULL without one */
    const struct constant *error; /* the errno that it fails with; NULL allows it */
    struct conjunction *any;
    size_t count;
};

struct policy_file {
    char name[POLICY_NAME_MAX]; /* vmm-boot for policy/vmm-boot.policy */
    struct rule *rules;         /* in the file's order */
    size_t count;
};

/*
 * Reads a policy, and reports each mistake on stderr as file:line:column, the line, and a caret.
 * Returns the number of mistakes; the policy may be used only if it is 0. Ends the program by
 * err(3) if the file cannot be read. Release the policy with policy_free() in any case.
 */
unsigned policy_parse(const char *path, struct policy_file *policy);
void policy_free(struct policy_file *policy);

/* The rule for a system call; NULL if there is none. */
const struct rule *policy_rule(const struct policy_file *policy, uint64_t number);

/* Adds an empty conjunction to a rule, and returns it. */
struct conjunction *rule_add(struct rule *rule);
void rule_free(struct rule *rule);

/* Whether all arguments that `one` allows are allowed by `other` too. */
bool conjunction_within(const struct conjunction *one, const struct conjunction *other);

/* Like calloc(3), but never returns NULL: ends the program by err(3). */
void *allocate(size_t count, size_t size);

#endif
