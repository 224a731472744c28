/* Finds processes in /proc by name, parent and arguments. */
#include "policy/tool/family.h"

#include "jailer/cgroup.h"
#include "policy/tool/parse.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

const struct process *family_identify(pid_t pid, char comm[static PROC_TEXT_MAX])
{
    proc_read(pid, "comm", comm);
    comm[strcspn(comm, "\n")] = '\0';
    return process_find(comm);
}

static unsigned long status_number(pid_t pid, const char *field)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];

    proc_read(pid, "status", status);
    return strtoul(proc_field(status, field, value), NULL, 10);
}

bool family_has_ended(pid_t pid)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];

    proc_read(pid, "status", status);
    return strchr("ZX", *proc_field(status, "State", value)) != NULL;
}

static bool is_supervisor(pid_t pid)
{
    char comm[PROC_TEXT_MAX];

    return family_identify(pid, comm) == process_find("supervisor");
}

/* Whether the process is a supervisor with --id ID, or --id=ID, among its arguments. */
static bool supervises(pid_t pid, const void *id)
{
    char arguments[PROC_TEXT_MAX];
    size_t length;
    bool next = false;

    if (!is_supervisor(pid))
        return false;
    length = proc_read(pid, "cmdline", arguments);
    for (const char *a = arguments; a < arguments + length; a += strlen(a) + 1) {
        if ((next && strcmp(a, id) == 0) || (strncmp(a, "--id=", 5) == 0 && strcmp(a + 5, id) == 0))
            return true;
        next = strcmp(a, "--id") == 0;
    }
    return false;
}

static bool descends(pid_t pid, const void *ancestor)
{
    while (pid > 0 && pid != *(const pid_t *)ancestor)
        pid = (pid_t)status_number(pid, "PPid");
    return pid > 0;
}

static int is_process(const struct dirent *entry)
{
    return isdigit((unsigned char)entry->d_name[0]);
}

static size_t find(bool (*wanted)(pid_t, const void *), const void *what, pid_t **found)
{
    struct dirent **entries;
    int count = scandir("/proc", &entries, is_process, versionsort);
    size_t kept = 0;

    if (count < 0)
        err(1, "cannot list the processes in /proc");
    *found = allocate((size_t)count + 1, sizeof(**found));
    for (int i = 0; i < count; i++) {
        pid_t pid = atoi(entries[i]->d_name);

        if (wanted(pid, what))
            (*found)[kept++] = pid;
        free(entries[i]);
    }
    free(entries);
    return kept;
}

size_t family_supervisors(const char *id, pid_t **supervisors)
{
    return find(supervises, id, supervisors);
}

size_t family_members(pid_t ancestor, pid_t **members)
{
    return find(descends, &ancestor, members);
}

/* A supervisor with the group that may remove cgroups got it from root. */
uid_t family_owner(pid_t pid)
{
    pid_t supervisor = pid;

    while (supervisor > 0 && !is_supervisor(supervisor))
        supervisor = (pid_t)status_number(supervisor, "PPid");
    if (supervisor > 0 && status_number(supervisor, "Gid") == CGROUP_GID)
        return 0;
    return (uid_t)status_number(supervisor > 0 ? supervisor : pid, "Uid");
}
