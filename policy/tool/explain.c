/* Prints effective policies in words, as JSON, and as a table. */
#include "policy/tool/explain.h"

#include "policy/runtime/names.h"
#include "policy/tool/arguments.h"
#include "policy/tool/effective.h"
#include "policy/tool/json.h"

#include <stdio.h>

static bool bound(const struct rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        if (rule->any[i].count == 0)
            return false;
    return true;
}

static size_t count_allowed(const struct policy_file *policy)
{
    size_t count = 0;

    for (size_t i = 0; i < policy->count; i++)
        count += !policy->rules[i].error;
    return count;
}

static size_t count_bound(const struct policy_file *policy)
{
    size_t count = 0;

    for (size_t i = 0; i < policy->count; i++)
        count += !policy->rules[i].error && bound(&policy->rules[i]);
    return count;
}

static void print_condition(const struct rule *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        printf("%s", i ? ", or " : " if ");
        for (size_t j = 0; j < rule->any[i].count; j++) {
            const struct comparison *c = &rule->any[i].comparisons[j];

            printf("%s%s is %s%s", j ? " and " : "", argument_name(rule->syscall, c->arg),
                   c->operation == IN ? "within " : "", c->text);
        }
    }
}

void explain_process(const struct process *process, const char *directory)
{
    struct policy_file policy = process_policy(process, directory);

    printf("%s: %zu system calls, %zu of them bound to their arguments; any other kills it.\n"
           "It is held by",
           process->name, count_allowed(&policy), count_bound(&policy));
    for (size_t i = 0; i < process_filters(process); i++)
        printf("%s %s/%s.policy", i ? " and" : "", directory, process->policies[i]);
    printf(".\n\n");
    for (size_t i = 0; i < policy.count; i++) {
        const struct rule *rule = &policy.rules[i];

        printf("  %s", rule->syscall);
        if (bound(rule))
            print_condition(rule);
        if (rule->error)
            printf(" fails with %s", rule->error->name);
        printf(": %s", rule->reason);
        if (rule->dangerous)
            printf(" Dangerous: %s", rule->dangerous);
        printf("\n");
    }
    policy_free(&policy);
}

static struct json_object *json_conjunction(const struct conjunction *conjunction)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < conjunction->count; i++) {
        const struct comparison *c = &conjunction->comparisons[i];
        struct json_object *object = json_object_new_object();

        json_object_object_add(object, "argument", json_object_new_int(c->arg));
        json_object_object_add(object, "operation",
                               json_object_new_string(c->operation == EQUAL ? "==" : "in"));
        json_object_object_add(object, "value", json_object_new_uint64(c->value));
        json_object_object_add(object, "text", json_object_new_string(c->text));
        json_object_array_add(array, object);
    }
    return array;
}

static struct json_object *json_rule(const struct rule *rule)
{
    struct json_object *object = json_object_new_object(), *any = json_object_new_array();

    json_object_object_add(object, "syscall", json_object_new_string(rule->syscall));
    json_object_object_add(object, "number", json_object_new_int(rule->number));
    json_object_object_add(object, "action",
                           json_object_new_string(rule->error ? rule->error->name : "allow"));
    for (size_t i = 0; i < rule->count; i++)
        json_object_array_add(any, json_conjunction(&rule->any[i]));
    json_object_object_add(object, "any", any);
    json_object_object_add(object, "reason", json_object_new_string(rule->reason));
    if (rule->dangerous)
        json_object_object_add(object, "dangerous", json_object_new_string(rule->dangerous));
    return object;
}

static struct json_object *json_process(const struct process *process, const char *directory)
{
    struct policy_file policy = process_policy(process, directory);
    struct json_object *object = json_object_new_object();
    struct json_object *chain = json_object_new_array(), *rules = json_object_new_array();

    for (size_t i = 0; i < process_filters(process); i++)
        json_object_array_add(chain, json_object_new_string(process->policies[i]));
    for (size_t i = 0; i < policy.count; i++)
        json_object_array_add(rules, json_rule(&policy.rules[i]));
    json_object_object_add(object, "process", json_object_new_string(process->name));
    json_object_object_add(object, "policies", chain);
    json_object_object_add(object, "default", json_object_new_string("kill-process"));
    json_object_object_add(object, "rules", rules);
    policy_free(&policy);
    return object;
}

void explain_json(const struct process *process, const char *directory)
{
    struct json_object *array = json_object_new_array();

    for (const struct process *p = processes; p->name; p++)
        if (!process || p == process)
            json_object_array_add(array, json_process(p, directory));
    json_print(array);
}

static const char *cell(const struct rule *rule)
{
    if (!rule)
        return "";
    if (rule->error)
        return rule->error->name;
    return bound(rule) ? "bound" : "yes";
}

static void print_row(const char *name, const struct policy_file *policies, uint64_t number)
{
    bool used = false;

    for (size_t i = 0; i < PROCESSES; i++)
        used |= policy_rule(&policies[i], number) != NULL;
    if (!used)
        return;
    printf("| %s |", name);
    for (size_t i = 0; i < PROCESSES; i++)
        printf(" %s |", cell(policy_rule(&policies[i], number)));
    printf("\n");
}

void explain_table(const char *directory)
{
    struct policy_file policies[PROCESSES];

    for (size_t i = 0; i < PROCESSES; i++)
        policies[i] = process_policy(&processes[i], directory);
    printf("| system call |");
    for (size_t i = 0; i < PROCESSES; i++)
        printf(" %s |", processes[i].name);
    printf("\n|---|");
    for (size_t i = 0; i < PROCESSES; i++)
        printf(":-:|");
    printf("\n");
    for (const struct constant *c = syscalls; c->name; c++)
        print_row(c->name, policies, c->value);
    printf("| **allowed** |");
    for (size_t i = 0; i < PROCESSES; i++)
        printf(" **%zu** |", count_allowed(&policies[i]));
    printf("\n| **of these bound** |");
    for (size_t i = 0; i < PROCESSES; i++) {
        printf(" **%zu** |", count_bound(&policies[i]));
        policy_free(&policies[i]);
    }
    printf("\n");
}
