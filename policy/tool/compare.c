/*
 * The comparison of a filter with a policy file. The parser says which calls to try, the oracle
 * what is right, and the evaluator what the filter does.
 */
#include "policy/tool/compare.h"

#include "policy/runtime/names.h"
#include "policy/tool/evaluate.h"

#include <err.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS       1024 /* beyond the last system call of any table */
#define X32_BIT       0x40000000u
#define SHOWN_AT_MOST 10
#define CALL_BITS     (8 * sizeof(struct seccomp_data))

/* The values to try in one argument. */
struct values {
    size_t count;
    uint64_t *values;
};

struct comparer {
    FILE *out;
    const struct oracle *oracle;
    const struct sock_fprog *filter;
    uint8_t *taken;
    struct values args[6]; /* for the current system call; empty if its rule ignores the argument */
    unsigned shown_count;
    bool shown[NUMBERS]; /* a difference in this system call has been printed */
    struct compared result;
};

static void add_value(struct values *set, uint64_t value)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->values[i] == value)
            return;
    set->values = reallocarray(set->values, set->count + 1, sizeof(value));
    if (!set->values)
        err(1, "cannot allocate memory for a comparison");
    set->values[set->count++] = value;
}

static void add_around(struct values *set, const struct comparison *comparison)
{
    uint64_t value = comparison->value;

    for (uint64_t v = value - 1; v != value + 2; v++) {
        add_value(set, v);
        add_value(set, v | 1ull << 32);
        add_value(set, v | 1ull << 63);
        add_value(set, v | 0xffffffff00000000);
        add_value(set, v ^ 1ull << 31);
    }
    if (comparison->operation == IN)
        for (unsigned bit = 0; bit < 64; bit++) {
            add_value(set, 1ull << bit);
            add_value(set, value ^ 1ull << bit);
        }
}

/* The values for each argument that the rule compares. */
static void choose_values(struct comparer *c, const struct policy_file *policy,
                          const struct rule *rule)
{
    for (unsigned arg = 0; arg < 6; arg++) {
        struct values *set = &c->args[arg];

        set->count = 0;
        for (size_t i = 0; rule && i < rule->count; i++)
            for (size_t j = 0; j < rule->any[i].count; j++)
                if (rule->any[i].comparisons[j].arg == arg)
                    add_around(set, &rule->any[i].comparisons[j]);
        if (set->count == 0)
            continue;
        add_value(set, 0);
        add_value(set, UINT64_MAX);
        for (size_t r = 0; r < policy->count; r++)
            for (size_t i = 0; i < policy->rules[r].count; i++)
                for (size_t j = 0; j < policy->rules[r].any[i].count; j++)
                    add_value(set, policy->rules[r].any[i].comparisons[j].value);
    }
}

static void print_action(FILE *out, uint32_t action)
{
    uint32_t data = action & SECCOMP_RET_DATA;

    switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
        fputs("allows it", out);
        break;
    case SECCOMP_RET_KILL_PROCESS:
        fputs("kills the process", out);
        break;
    case SECCOMP_RET_ERRNO:
        fprintf(out, "fails it with %s",
                strerrorname_np(data) ? strerrorname_np(data) : "no errno");
        break;
    default:
        fprintf(out, "does 0x%08" PRIx32, action);
    }
}

static void print_difference(FILE *out, const struct seccomp_data *data, uint32_t is,
                             uint32_t should)
{
    const char *name = names_syscall((uint32_t)data->nr);

    fprintf(out, "    %s (0x%x, architecture 0x%08" PRIx32 "): the filter ",
            name && data->arch == AUDIT_ARCH_X86_64 ? name : "number", (unsigned)data->nr,
            data->arch);
    print_action(out, is);
    fprintf(out, ", the file ");
    print_action(out, should);
    for (unsigned arg = 0; arg < 6; arg++)
        fprintf(out, "%s 0x%" PRIx64, arg % 3 == 0 ? "\n       " : "", (uint64_t)data->args[arg]);
    fprintf(out, "\n");
}

/* Compares filter and file on one call; returns whether the file lets it through. */
static bool try_once(struct comparer *c, const struct seccomp_data *data)
{
    bool *shown = &c->shown[(uint32_t)data->nr % NUMBERS];
    uint32_t should = oracle_action(c->oracle, data), is;

    if (!evaluate(c->filter, data, &is, c->taken))
        errx(1, "cannot evaluate the filter: it is not one that the kernel accepts");
    c->result.calls++;
    if (is != should) {
        c->result.differences++;
        if (!*shown && c->shown_count++ < SHOWN_AT_MOST)
            print_difference(c->out, data, is, should);
        *shown = true;
    }
    return should != SECCOMP_RET_KILL_PROCESS;
}

/*
 * Calls that a filter might mistake for one that is let through: those that differ in one bit,
 * which the filter might mask out, and every other system call with the same arguments, since it
 * might share the instructions that check them.
 */
static void try_neighbours(struct comparer *c, const struct seccomp_data *allowed)
{
    for (size_t bit = 0; bit < CALL_BITS; bit++) {
        struct seccomp_data data = *allowed;

        ((uint8_t *)&data)[bit / 8] ^= 1u << bit % 8;
        try_once(c, &data);
    }
    for (uint32_t number = 0; number < NUMBERS; number++) {
        struct seccomp_data data = *allowed;

        data.nr = number;
        try_once(c, &data);
        data.nr = number | X32_BIT;
        try_once(c, &data);
        data.nr = number;
        data.arch = AUDIT_ARCH_I386;
        try_once(c, &data);
    }
}

static void try_call(struct comparer *c, const struct seccomp_data *data)
{
    if (try_once(c, data))
        try_neighbours(c, data);
}

/* All combinations of the chosen values, like an odometer; `fill` for arguments without any. */
static void try_combinations(struct comparer *c, uint32_t arch, uint32_t number, uint64_t fill)
{
    struct seccomp_data data = {.nr = number, .arch = arch};
    size_t at[6] = {0};
    unsigned arg;

    do {
        for (arg = 0; arg < 6; arg++)
            data.args[arg] = c->args[arg].count ? c->args[arg].values[at[arg]] : fill;
        try_call(c, &data);
        for (arg = 0; arg < 6 && ++at[arg] >= c->args[arg].count; arg++)
            at[arg] = 0;
    } while (arg < 6);
}

static void try_arguments(struct comparer *c, uint32_t arch, uint32_t number)
{
    try_combinations(c, arch, number, 0);
    try_combinations(c, arch, number, UINT64_MAX);
}

static unsigned count_unexplained(const struct comparer *c)
{
    unsigned unexplained = 0;

    for (unsigned short i = 0; i < c->filter->len; i++) {
        const struct sock_filter *jump = &c->filter->filter[i];

        if (BPF_CLASS(jump->code) != BPF_JMP || BPF_OP(jump->code) == BPF_JA)
            continue;
        unexplained += !(c->taken[i] & BRANCH_TRUE) + !(c->taken[i] & BRANCH_FALSE);
    }
    return unexplained;
}

/* Whether some rule's mask has this complement, in its low or its high half. */
static bool is_mask(const struct policy_file *policy, uint32_t operand)
{
    for (size_t r = 0; r < policy->count; r++)
        for (size_t i = 0; i < policy->rules[r].count; i++)
            for (size_t j = 0; j < policy->rules[r].any[i].count; j++) {
                const struct comparison *c = &policy->rules[r].any[i].comparisons[j];

                if (c->operation == IN &&
                    (operand == (uint32_t)~c->value || operand == ~c->value >> 32))
                    return true;
            }
    return false;
}

/* Whether libseccomp generates it from our language: loads of a word, comparisons with constants,
 * returns of constants; the only arithmetic is the mask of an `in`. */
static bool is_ours(const struct policy_file *policy, const struct sock_filter *instruction)
{
    switch (instruction->code) {
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_JMP | BPF_JA:
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_RET | BPF_K:
        return true;
    case BPF_ALU | BPF_AND | BPF_K:
        return is_mask(policy, instruction->k);
    default:
        return false;
    }
}

static unsigned count_foreign(const struct comparer *c, const struct policy_file *policy)
{
    unsigned foreign = 0;

    for (unsigned short i = 0; i < c->filter->len; i++) {
        const struct sock_filter *instruction = &c->filter->filter[i];

        if (is_ours(policy, instruction))
            continue;
        if (foreign++ < SHOWN_AT_MOST)
            fprintf(c->out,
                    "    instruction %u, code 0x%02x with 0x%08" PRIx32
                    ": the compiler never generates it from this file\n",
                    i, instruction->code, instruction->k);
    }
    return foreign;
}

struct compared compare(const struct policy_file *policy, const struct oracle *oracle,
                        const struct sock_fprog *filter, FILE *out)
{
    struct comparer c = {.out = out, .oracle = oracle, .filter = filter};

    c.taken = allocate(filter->len, 1);
    for (uint32_t number = 0; number < NUMBERS; number++) {
        choose_values(&c, policy, policy_rule(policy, number));
        try_arguments(&c, AUDIT_ARCH_X86_64, number);
        try_arguments(&c, AUDIT_ARCH_X86_64, number | X32_BIT);
        try_arguments(&c, AUDIT_ARCH_I386, number);
    }
    choose_values(&c, policy, NULL);
    for (unsigned bit = 10; bit < 32; bit++) {
        try_arguments(&c, AUDIT_ARCH_X86_64, 1u << bit);
        try_arguments(&c, AUDIT_ARCH_X86_64, UINT32_MAX << bit);
        try_arguments(&c, AUDIT_ARCH_X86_64, UINT32_MAX >> (31 - bit));
        try_arguments(&c, AUDIT_ARCH_X86_64 ^ 1u << bit, 0);
    }
    c.result.unexplained = count_unexplained(&c);
    c.result.foreign = count_foreign(&c, policy);
    for (unsigned arg = 0; arg < 6; arg++)
        free(c.args[arg].values);
    free(c.taken);
    return c.result;
}

bool compared_same(const struct compared *compared)
{
    return compared->differences == 0 && compared->unexplained == 0 && compared->foreign == 0;
}

void compared_print(const struct compared *compared, FILE *out)
{
    fprintf(out,
            "%" PRIu64 " judged differently, %u branches unexplained, %u foreign instructions\n",
            compared->differences, compared->unexplained, compared->foreign);
}
