/* The audit: finds the processes and their policies, and puts the verdict together. */
#include "policy/tool/audit.h"

#include "policy/tool/compare.h"
#include "policy/tool/effective.h"
#include "policy/tool/family.h"
#include "policy/tool/held.h"
#include "policy/tool/proc.h"
#include "policy/tool/report.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool audit_filter(const char *name, const char *directory, const struct sock_fprog *filter)
{
    char *path = policy_path(directory, name);
    struct policy_file policy;
    struct oracle oracle;
    struct compared compared;
    bool fine;

    if (policy_parse(path, &policy) != 0)
        errx(1, "cannot audit with the policy %s: correct its mistakes first", path);
    oracle = oracle_read(path);
    compared = compare(&policy, &oracle, filter, stdout);
    fine = compared_same(&compared);
    printf("  filter        %s.policy: %u instructions, %" PRIu64 " calls compared\n", name,
           filter->len, compared.calls);
    if (!fine) {
        printf("  WRONG: ");
        compared_print(&compared, stdout);
    }
    oracle_free(&oracle);
    policy_free(&policy);
    free(path);
    return fine;
}

/* What an errno of held_read() means here. */
static const char *explain_refusal(int error)
{
    if (geteuid() != 0 && (error == EPERM || error == EACCES))
        return "CAP_SYS_ADMIN is needed; run this as root";
    switch (error) {
    case ESRCH:
        return "there is no such process";
    case EPERM:
        return "it cannot be traced; does another process trace it?";
    case EACCES:
        return "the kernel shows filters only to CAP_SYS_ADMIN, and to nobody under a filter, such "
               "as "
               "a container's; run this outside";
    case EIO:
        return "this kernel was built without CONFIG_CHECKPOINT_RESTORE";
    case ETIMEDOUT:
        return "it does not stop; is it frozen?";
    default:
        return strerror(error);
    }
}

/*
 * Compares each filter of the process's own with its file. The first may be inherited, as from
 * systemd or a container: the kernel takes the strictest action of all (seccomp(2)), so these only
 * forbid.
 */
static bool audit_filters(const struct process *process, const char *directory,
                          const struct held *held)
{
    const size_t due = process ? process_filters(process) : 0;
    const size_t inherited = held->count > due ? held->count - due : 0;
    bool fine = process && held->count >= due;

    if (!process)
        printf("  WRONG: no policy is for a process of this name; it has %zu filters\n",
               held->count);
    else if (!fine)
        printf("  WRONG: it has %zu filters, the files say %zu\n", held->count, due);
    if (process && inherited > 0)
        printf(
            "  inherited     %zu filters of whoever started the VM, which can only forbid more\n",
            inherited);
    for (size_t i = 0; inherited + i < held->count && i < due; i++)
        fine &= audit_filter(process->policies[i], directory, &held->filters[inherited + i]);
    return fine;
}

bool audit(pid_t pid, const char *directory)
{
    char comm[PROC_TEXT_MAX];
    const struct process *process = family_identify(pid, comm);
    struct held held;
    bool fine;
    int error;

    printf(*comm ? "%s (process %d)\n" : "%sprocess %d\n", comm, pid);
    if (family_has_ended(pid)) {
        printf("  WRONG: %s\n", *comm ? "it has ended" : "there is no such process");
        return false;
    }
    error = held_read(pid, &held);
    if (error && error != EINVAL) {
        printf("  WRONG: its filters cannot be read: %s\n", explain_refusal(error));
        return false;
    }
    /* first, since the process may end while its filters are compared */
    fine = report(pid, process, held.count);
    fine &= audit_filters(process, directory, &held);
    printf("  %s\n", fine ? "agrees with the files" : "DOES NOT AGREE with the files");
    held_free(&held);
    return fine;
}

/* Audits a supervisor and its descendants, and says which processes are missing among them. */
static bool audit_family(pid_t supervisor, const char *directory)
{
    bool seen[PROCESSES] = {false}, fine = true;
    char comm[PROC_TEXT_MAX];
    pid_t *members;
    size_t count = family_members(supervisor, &members);

    for (size_t i = 0; i < count; i++) {
        const struct process *process = family_identify(members[i], comm);

        if (family_has_ended(members[i])) /* a broker may end when it is idle */
            continue;
        if (process && process->instead_of)
            seen[process_find(process->instead_of) - processes] = true;
        else if (process)
            seen[process - processes] = true;
        fine &= audit(members[i], directory);
    }
    free(members);
    for (const struct process *p = processes; p->name; p++)
        if (p->always && !seen[p - processes]) {
            printf("%s\n  WRONG: there is no such process\n", p->name);
            fine = false;
        }
    return fine;
}

bool audit_all(const char *id, const char *directory)
{
    pid_t *supervisors;
    size_t count = family_supervisors(id, &supervisors);
    bool fine = true;

    if (count == 0)
        errx(1, "cannot audit '%s': no supervisor runs with --id %s", id, id);
    if (count > 1)
        printf("%zu supervisors run with --id %s\n", count, id);
    for (size_t i = 0; i < count; i++) {
        uid_t owner = family_owner(supervisors[i]);
        const struct passwd *account = getpwuid(owner);
        bool agree = audit_family(supervisors[i], directory);

        printf("%s, started by %s (uid %u): %s\n", id, account ? account->pw_name : "a stranger",
               owner, agree ? "all agree with the files" : "NOT ALL AGREE with the files");
        fine &= agree;
    }
    free(supervisors);
    return fine;
}
