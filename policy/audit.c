/* The audit: finds the processes and their files, and puts the verdict together. */
#include "policy/audit.h"
#include "policy/compare.h"
#include "policy/held.h"
#include "policy/proc.h"
#include "policy/processes.h"
#include "policy/report.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool audit_filter(const char *name, const char *directory, const struct sock_fprog *filter)
{
    char *path = policy_path(directory, name);
    struct policy_file policy;
    struct oracle oracle;
    struct compared compared;
    bool fine;

    if (policy_parse(path, &policy) != 0)
        errx(1, "cannot audit by the policy %s: correct its mistakes first", path);
    oracle = oracle_read(path);
    compared = compare(&policy, &oracle, filter, stdout);
    fine = compared.differences == 0 && compared.unreached == 0;
    printf("  filter        %s%u instructions, against %s: %" PRIu64 " calls compared, %" PRIu64
           " judged differently, %u ways through it unexplained\n",
           fine ? "" : "WRONG: ", filter->len, path, compared.calls, compared.differences,
           compared.unreached);
    oracle_free(&oracle);
    policy_free(&policy);
    free(path);
    return fine;
}

static void explain_refusal(pid_t pid, int error)
{
    switch (error) {
    case ESRCH:
        errx(1, "cannot audit process %d: it is not there", pid);
    case EPERM:
    case EACCES:
        errx(1, "cannot read the filters of process %d: CAP_SYS_ADMIN is needed; run this as root",
             pid);
    case EIO:
        errx(1, "cannot read filters: this kernel was built without CONFIG_CHECKPOINT_RESTORE");
    default:
        errx(1, "cannot read the filters of process %d: %s", pid, strerror(error));
    }
}

/* Reads the kernel's name for the process, and finds it in our table; NULL if it is not there. */
static const struct process *identify(pid_t pid, char comm[static PROC_TEXT_MAX])
{
    proc_read(pid, "comm", comm);
    comm[strcspn(comm, "\n")] = '\0';
    return process_find(comm);
}

/* A process that has ended but was not waited for yet: there is nothing to read of it. */
static bool has_ended(pid_t pid)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];

    proc_read(pid, "status", status);
    return *proc_field(status, "State", value) == 'Z';
}

bool audit(pid_t pid, const char *directory)
{
    char comm[PROC_TEXT_MAX];
    const struct process *process = identify(pid, comm);
    struct held held;
    bool fine;
    int error;

    if (has_ended(pid)) {
        printf("%s (process %d)\n  WRONG: it has ended\n", comm, pid);
        return false;
    }
    error = held_read(pid, &held);
    if (error && error != EINVAL)
        explain_refusal(pid, error);
    printf("%s (process %d)\n", comm, pid);
    fine = process && held.count == process_filters(process);
    if (!process)
        printf("  WRONG: no policy knows a process of this name; it holds %zu filters\n",
               held.count);
    else if (!fine)
        printf("  WRONG: it holds %zu filters, the files say %zu\n", held.count,
               process_filters(process));
    for (size_t i = 0; process && i < held.count && i < process_filters(process); i++)
        fine &= audit_filter(process->chain[i], directory, &held.filters[i]);
    fine &= report(pid, held.count);
    printf("  %s\n", fine ? "agrees with the files" : "DOES NOT AGREE with the files");
    held_free(&held);
    return fine;
}

/* Whether the process is a supervisor with --id ID, or --id=ID, among its arguments. */
static bool supervises(pid_t pid, const char *id)
{
    char comm[PROC_TEXT_MAX], arguments[PROC_TEXT_MAX];
    size_t length;
    bool next = false;

    if (identify(pid, comm) != process_find("supervisor"))
        return false;
    length = proc_read(pid, "cmdline", arguments);
    for (const char *a = arguments; a < arguments + length; a += strlen(a) + 1) {
        if ((next && strcmp(a, id) == 0) || (strncmp(a, "--id=", 5) == 0 && strcmp(a + 5, id) == 0))
            return true;
        next = strcmp(a, "--id") == 0;
    }
    return false;
}

static pid_t parent_of(pid_t pid)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];

    proc_read(pid, "status", status);
    return atoi(proc_field(status, "PPid", value));
}

static bool descends(pid_t pid, pid_t ancestor)
{
    while (pid > 0 && pid != ancestor)
        pid = parent_of(pid);
    return pid == ancestor;
}

static int is_process(const struct dirent *entry)
{
    return isdigit((unsigned char)entry->d_name[0]);
}

/* Audits a process and its descendants, and marks in `seen` which of our processes they are. */
static bool audit_family(pid_t ancestor, const char *directory, bool seen[static PROCESSES])
{
    struct dirent **entries;
    int count = scandir("/proc", &entries, is_process, versionsort);
    char comm[PROC_TEXT_MAX];
    bool fine = true;

    if (count < 0)
        err(1, "cannot list the processes in /proc");
    for (int i = 0; i < count; i++) {
        pid_t pid = atoi(entries[i]->d_name);

        free(entries[i]);
        if (!descends(pid, ancestor) || has_ended(pid)) /* a broker may end when it is idle */
            continue;
        if (identify(pid, comm))
            seen[identify(pid, comm) - processes] = true;
        fine &= audit(pid, directory);
    }
    free(entries);
    return fine;
}

static pid_t find_supervisor(const char *id)
{
    struct dirent *entry;
    DIR *proc = opendir("/proc");
    pid_t found = 0;

    if (!proc)
        err(1, "cannot list the processes in /proc");
    while (!found && (entry = readdir(proc)))
        if (is_process(entry) && supervises(atoi(entry->d_name), id))
            found = atoi(entry->d_name);
    closedir(proc);
    if (!found)
        errx(1, "cannot audit '%s': no supervisor runs with --id %s", id, id);
    return found;
}

bool audit_all(const char *id, const char *directory)
{
    bool seen[PROCESSES] = {false};
    bool fine = audit_family(find_supervisor(id), directory, seen);

    for (const struct process *p = processes; p->name; p++)
        if (p->always && !seen[p - processes]) {
            printf("%s\n  WRONG: there is no such process\n", p->name);
            fine = false;
        }
    printf("%s: %s\n", id, fine ? "all agree with the files" : "NOT ALL AGREE with the files");
    return fine;
}
