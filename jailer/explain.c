/* jailer --explain: the locks as a table, from the same list that the jails are built from. */
#include "cgroup.h"
#include "jail.h"

#include <stdio.h>

static const char *mark(const struct lock *lock, const struct jail *jail)
{
    if (!(lock->roles & jail->role))
        return "";
    if (jail->role == JANITOR && cgroups_skipped(jail->options) != NULL)
        return ""; /* there is none */
    if (lock->skipped != NULL && lock->skipped(jail) != NULL)
        return "skipped";
    return lock_skipped(lock, jail) == NULL ? "closed" : "missing";
}

void explain(const struct jail *const jails[4])
{
    printf("%-18s %-8s %-8s %-11s %-8s %s\n", "lock", "vmm", "broker", "supervisor", "janitor",
           "what it takes away");
    for (const struct lock *const *lock = locks; *lock != NULL; lock++) {
        const char *why = NULL;

        for (unsigned i = 0; i < 4; i++)
            if (why == NULL && ((*lock)->roles & jails[i]->role))
                why = lock_skipped(*lock, jails[i]);
        printf("%-18s %-8s %-8s %-11s %-8s %s\n", (*lock)->name, mark(*lock, jails[0]),
               mark(*lock, jails[1]), mark(*lock, jails[2]), mark(*lock, jails[3]),
               why == NULL ? (*lock)->what : why);
        if (why == NULL && (why = lock_missing(*lock, jails[0])) != NULL)
            printf("%-18s %s\n", "", why);
    }
}
