/* Intersects the policies of a process: see effective.h. */
#include "policy/tool/effective.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t process_filters(const struct process *process)
{
    size_t count = 0;

    while (count < CHAIN_MAX && process->policies[count])
        count++;
    return count;
}

char *policy_path(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s.policy", directory, name) < 0)
        err(1, "cannot allocate memory for a path");
    return path;
}

static char *copy(const char *text)
{
    char *copied = text ? strdup(text) : NULL;

    if (text && !copied)
        err(1, "cannot allocate memory for a policy");
    return copied;
}

/* Narrows a comparison by another of the same argument; false if no value passes both. */
static bool narrow(struct comparison *a, const struct comparison *b)
{
    char *text;

    if (a->operation == EQUAL)
        return b->operation == EQUAL ? a->value == b->value : (a->value & ~b->value) == 0;
    if (b->operation == EQUAL) {
        if (b->value & ~a->value)
            return false;
        free(a->text);
        *a = *b;
        a->text = copy(b->text);
        return true;
    }
    if ((a->value & b->value) != a->value) {
        if (asprintf(&text, "(%s)&(%s)", a->text, b->text) < 0)
            err(1, "cannot allocate memory for a policy");
        free(a->text);
        a->text = text;
        a->value &= b->value;
    }
    return true;
}

/* Adds to the rule the conjunction of both; none if they contradict each other. */
static void add_both(struct rule *rule, const struct conjunction *a, const struct conjunction *b)
{
    struct conjunction *both = rule_add(rule);
    bool possible = true;

    for (; both->count < a->count; both->count++) {
        both->comparisons[both->count] = a->comparisons[both->count];
        both->comparisons[both->count].text = copy(a->comparisons[both->count].text);
    }
    for (size_t i = 0; i < b->count && possible; i++) {
        size_t at = 0;

        while (at < both->count && both->comparisons[at].arg != b->comparisons[i].arg)
            at++;
        if (at < both->count) {
            possible = narrow(&both->comparisons[at], &b->comparisons[i]);
        } else {
            both->comparisons[at] = b->comparisons[i];
            both->comparisons[at].text = copy(b->comparisons[i].text);
            both->count++;
        }
    }
    if (possible)
        return;
    for (size_t i = 0; i < both->count; i++)
        free(both->comparisons[i].text);
    rule->count--;
}

/* Keeps of the policy what the older filter lets through as well. Where both fail a call, the
 * kernel takes the newer one's errno. */
static void intersect(struct policy_file *policy, const struct policy_file *older)
{
    size_t kept = 0;

    for (size_t i = 0; i < policy->count; i++) {
        struct rule *rule = &policy->rules[i];
        const struct rule *other = policy_rule(older, rule->number);
        struct rule both = *rule;

        both.any = NULL;
        both.count = 0;
        both.reason = copy(rule->reason);
        both.dangerous = copy(rule->dangerous);
        if (other && !both.error)
            both.error = other->error;
        for (size_t j = 0; j < rule->count; j++)
            for (size_t k = 0; other && k < other->count; k++)
                add_both(&both, &rule->any[j], &other->any[k]);
        rule_free(rule);
        if (both.count)
            policy->rules[kept++] = both;
        else
            rule_free(&both);
    }
    policy->count = kept;
}

static struct policy_file read_policy(const char *directory, const char *name)
{
    char *path = policy_path(directory, name);
    struct policy_file policy;

    if (policy_parse(path, &policy) != 0)
        errx(1, "cannot use the policy %s: correct its mistakes first", path);
    free(path);
    return policy;
}

struct policy_file process_policy(const struct process *process, const char *directory)
{
    size_t last = process_filters(process) - 1;
    struct policy_file policy = read_policy(directory, process->policies[last]);

    for (size_t i = last; i-- > 0;) {
        struct policy_file older = read_policy(directory, process->policies[i]);

        intersect(&policy, &older);
        policy_free(&older);
    }
    return policy;
}
