/* Makes a filter of a policy's rules with libseccomp, and C source of a filter. */
#include "policy/tool/compile.h"

#include "policy/runtime/names.h"

#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void add_rule(scmp_filter_ctx context, const struct policy_file *policy, size_t index)
{
    const struct rule *rule = &policy->rules[index];
    uint32_t action = rule->error ? SCMP_ACT_ERRNO(rule->error->value) : SCMP_ACT_ALLOW;
    int failure = 0;

    for (size_t i = 0; i < rule->count && failure == 0; i++) {
        struct scmp_arg_cmp comparisons[6];

        for (size_t j = 0; j < rule->any[i].count; j++) {
            const struct comparison *c = &rule->any[i].comparisons[j];

            if (c->operation == EQUAL)
                comparisons[j] = SCMP_CMP64(c->arg, SCMP_CMP_EQ, c->value, 0);
            else
                comparisons[j] = SCMP_CMP64(c->arg, SCMP_CMP_MASKED_EQ, ~c->value, 0);
        }
        failure = seccomp_rule_add_exact_array(context, action, rule->number, rule->any[i].count,
                                               comparisons);
    }
    if (failure == 0 && index < UINT8_MAX) /* the first rule in the file is tried first */
        failure = seccomp_syscall_priority(context, rule->number, UINT8_MAX - index);
    if (failure) {
        errno = -failure;
        err(1, "cannot compile the policy '%s': libseccomp refuses its rule for '%s'", policy->name,
            rule->syscall);
    }
}

unsigned short policy_compile(const struct policy_file *policy, struct sock_filter *filter)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int fd = memfd_create("filter", MFD_CLOEXEC);
    ssize_t size;

    if (!context || fd < 0 ||
        seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
        err(1, "cannot prepare to compile the policy '%s'", policy->name);
    for (size_t i = 0; i < policy->count; i++)
        add_rule(context, policy, i);
    if (seccomp_export_bpf(context, fd) != 0)
        errx(1, "cannot compile the policy '%s': libseccomp makes no filter of it", policy->name);
    size = pread(fd, filter, BPF_MAXINSNS * sizeof(*filter), 0);
    if (size <= 0 || size % sizeof(*filter) != 0)
        errx(1, "cannot compile the policy '%s': its filter is too long", policy->name);
    close(fd);
    seccomp_release(context);
    return size / sizeof(*filter);
}

void policy_print(const struct policy_file *policy, const struct sock_filter *filter,
                  unsigned short length)
{
    char identifier[POLICY_NAME_MAX];
    size_t i = 0;

    do
        identifier[i] = policy->name[i] == '-' ? '_' : policy->name[i];
    while (policy->name[i++]);

    printf("/* Written by `sparkler-policy compile` from policy/%s.policy. */\n"
           "#include \"policy/runtime/policy.h\"\n\n"
           "static const struct sock_filter filter[] = {\n",
           policy->name);
    for (i = 0; i < length; i++)
        printf("    {0x%02x, %u, %u, 0x%08x},\n", filter[i].code, filter[i].jt, filter[i].jf,
               filter[i].k);
    printf("};\n\nstatic const struct policy_line lines[] = {\n");
    for (i = 0; i < policy->count; i++)
        printf("    {%u, %u, %d},\n", policy->rules[i].number, policy->rules[i].line,
               policy->rules[i].any[0].count == 0);
    printf("};\n\nconst struct policy policy_%s = {\"%s\", %u, filter, %zu, lines};\n", identifier,
           policy->name, length, policy->count);
}
