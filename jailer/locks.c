/* The locks in the order in which they close. The order matters: a lock may take away what an
 * earlier one needs. */
#include "jail.h"

#include <stddef.h>
#include <unistd.h>

const struct lock *const locks[] = {
    &lock_user_namespace,
    &lock_mount_namespace,
    &lock_pid_namespace,
    &lock_network_namespace,
    &lock_ipc_namespace,
    &lock_uts_namespace,
    &lock_cgroup_namespace,
    &lock_session,
    &lock_cgroup,
    &lock_root,
    &lock_capability_bounds,
    &lock_ids,
    &lock_parent_death,
    &lock_no_new_privs,
    &lock_dumpable,
    &lock_write_execute,
    &lock_memory_merging,
    &lock_core_scheduling,
    &lock_speculation,
    &lock_landlock,
    &lock_address_guard,
    &lock_descriptors,
    &lock_rlimits, /* after descriptors: the user may have left open more than the limit */
    &lock_seccomp,
    &lock_processor,
    &lock_bus_locks,
    &lock_event_windows,
    &lock_quirks,
    NULL,
};

const char *lock_lacks(const struct lock *lock, const struct jail *jail)
{
    const char *why = NULL;

    if (!lock->missing && !lock->incomplete)
        return NULL;
    if (!(lock->roles & jail->role) || (lock->skipped && lock->skipped(jail)))
        return NULL;
    if (lock->missing)
        why = lock->missing(jail);
    if (!why && lock->incomplete)
        why = lock->incomplete(jail);
    return why;
}

const char *lock_left_open(const struct lock *lock, const struct jail *jail)
{
    const char *why = NULL;

    if (lock->skipped)
        why = lock->skipped(jail);
    if (!why && lock->missing)
        why = lock->missing(jail);
    return why;
}

uint64_t jail_clone_flags(const struct jail *jail)
{
    uint64_t flags = 0;

    for (const struct lock *const *lock = locks; *lock; lock++)
        if (((*lock)->roles & jail->role) && (*lock)->clone_flags != 0 &&
            !lock_left_open(*lock, jail))
            flags |= (*lock)->clone_flags;
    return flags;
}

void jail_close_lock(struct jail *jail, const struct lock *lock)
{
    if ((lock->roles & jail->role) == 0 || !lock->close || lock_left_open(lock, jail))
        return;
    lock->close(jail);
    timing_phase(jail->timing, lock->name);
}

void jail_close_locks(struct jail *jail)
{
    for (const struct lock *const *lock = locks; *lock; lock++)
        jail_close_lock(jail, *lock);
    timing_print(jail->timing, jail->process->name);
    /* the guest waits until all but the VMM have come here */
    if (jail->ready >= 0)
        close(JAIL_FD_READY);
}
