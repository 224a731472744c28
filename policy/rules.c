/* Finds, makes and frees the rules of a policy. */
#include "policy/parse.h"

#include <err.h>
#include <stdlib.h>

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        err(1, "cannot allocate memory for a policy");
    return memory;
}

const struct rule *policy_rule(const struct policy_file *policy, uint64_t number)
{
    for (size_t i = 0; i < policy->count; i++)
        if (policy->rules[i].number == number)
            return &policy->rules[i];
    return NULL;
}

struct conjunction *rule_add(struct rule *rule)
{
    rule->any = reallocarray(rule->any, rule->count + 1, sizeof(*rule->any));
    if (!rule->any)
        err(1, "cannot allocate memory for a policy");
    rule->any[rule->count] = (struct conjunction){0};
    return &rule->any[rule->count++];
}

void rule_free(struct rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        for (size_t j = 0; j < rule->any[i].count; j++)
            free(rule->any[i].comparisons[j].text);
    free(rule->any);
    free(rule->reason);
    free(rule->dangerous);
}

void policy_free(struct policy_file *policy)
{
    for (size_t i = 0; i < policy->count; i++)
        rule_free(&policy->rules[i]);
    free(policy->rules);
}
