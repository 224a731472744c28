/* jailer --explain: the locks as a table, from the same list that the jails are built from. */
#include "jail.h"

#include <stdio.h>

static const char *mark(const struct lock *lock, const struct jail *jail)
{
    if (!(lock->roles & jail->role))
        return "-";
    if (lock->missing != NULL && lock->missing(jail) != NULL)
        return "missing";
    return lock_skipped(lock, jail) == NULL ? "closed" : "skipped";
}

void explain(const struct jail *jails, unsigned count)
{
    printf("%-18s %-8s %-8s %-10s %s\n", "lock", "vmm", "broker", "supervisor",
           "what it takes away");
    for (const struct lock *const *lock = locks; *lock != NULL; lock++) {
        const char *why = NULL;

        printf("%-18s", (*lock)->name);
        for (unsigned i = 0; i < count; i++) {
            printf(" %-*s", i == 2 ? 10 : 8, mark(*lock, &jails[i]));
            if (why == NULL && ((*lock)->roles & jails[i].role))
                why = lock_skipped(*lock, &jails[i]);
        }
        printf(" %s", (*lock)->what);
        if (why != NULL)
            printf(" (%s)", why);
        putchar('\n');
    }
}
