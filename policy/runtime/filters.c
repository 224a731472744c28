/* Finds a compiled policy by its name, for the jailer, which installs or explains all of them. */
#include "policy/runtime/policy.h"

#include <err.h>
#include <stddef.h>
#include <string.h>

#define ADDRESS(name) &policy_##name,
static const struct policy *const policies[] = {POLICIES(ADDRESS)};

const struct policy *policy_find(const char *name)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    errx(1, "policy/%s.policy was not compiled into this program", name);
}
