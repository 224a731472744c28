/* A descriptor belongs to the program whose name it starts with: VMM_FD_KVM to sparkler-vmm. */
#include "policy/tool/owner.h"

#include "policy/tool/effective.h"

#include <string.h>

/* each process has the descriptors JAIL_FD_... */
static const char anyones[] = "JAIL";

static bool confines(const char *policy, const struct process *process)
{
    for (size_t i = 0; i < process_filters(process); i++)
        if (strcmp(process->policies[i], policy) == 0)
            return true;
    return false;
}

/* Whether the owner's name is all that stands before the mark. */
static bool owns(const char *owner, const char *constant, const char *mark)
{
    size_t length = strlen(owner);

    return constant + length == mark && memcmp(owner, constant, length) == 0;
}

bool owner_permits(const char *policy, const char *constant)
{
    const char *mark = strstr(constant, "_FD_");
    bool confines_any = false;

    if (!mark || owns(anyones, constant, mark))
        return true;
    for (const struct process *process = processes; process->name; process++) {
        if (!confines(policy, process))
            continue;
        if (owns(process->fd_prefix, constant, mark))
            return true;
        confines_any = true;
    }
    return !confines_any;
}
