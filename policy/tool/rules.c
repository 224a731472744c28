/* Finds, makes and frees the rules of a policy. */
#include "policy/tool/parse.h"

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

static bool comparison_within(const struct comparison *one, const struct comparison *other)
{
    if (one->arg != other->arg)
        return false;
    if (other->operation == EQUAL)
        return one->value == other->value && (one->operation == EQUAL || one->value == 0);
    return (one->value & ~other->value) == 0;
}

bool conjunction_within(const struct conjunction *one, const struct conjunction *other)
{
    for (size_t i = 0; i < other->count; i++) {
        size_t j = 0;

        while (j < one->count && !comparison_within(&one->comparisons[j], &other->comparisons[i]))
            j++;
        if (j == one->count)
            return false;
    }
    return true;
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
