/* Reads /proc/PID. A process that ends meanwhile does not agree with the files. */
#include "policy/tool/report.h"

#include "policy/tool/descriptors.h"
#include "policy/tool/family.h"
#include "policy/tool/proc.h"
#include "policy/tool/wrap.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool report_threads(pid_t pid, size_t filters)
{
    char path[64], status[PROC_TEXT_MAX], mode[PROC_FIELD_MAX], count[PROC_FIELD_MAX];
    unsigned threads = 0, wrong = 0;
    struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] == '.')
            continue;
        threads++;
        snprintf(path, sizeof(path), "task/%.20s/status", entry->d_name);
        if (!proc_read(pid, path, status) ||
            strcmp(proc_field(status, "Seccomp", mode), "2") != 0 ||
            strtoul(proc_field(status, "Seccomp_filters", count), NULL, 10) != filters)
            wrong++;
    }
    if (tasks)
        closedir(tasks);
    if (wrong || threads == 0)
        printf("  threads       WRONG: %u of %u are not under %s\n", wrong, threads,
               filters ? "these filters" : "any filter");
    else
        printf("  threads       %u, all under these filters\n", threads);
    return !wrong && threads;
}

/*
 * An ordinary user's supervisor and janitor cannot empty their bounding set, and need not: it
 * limits what execve(2) may grant, which is nothing with no_new_privs.
 */
static bool report_capabilities(pid_t pid, const struct process *process, bool bounds_are_idle)
{
    static const struct {
        capng_type_t type;
        const char *name;
    } sets[] = {
        {CAPNG_INHERITABLE, "inheritable"},   {CAPNG_PERMITTED, "permitted"},
        {CAPNG_EFFECTIVE, "effective"},       {CAPNG_AMBIENT, "ambient"},
        {CAPNG_BOUNDING_SET, "bounding set"},
    };
    struct wrap line = wrap_begin("capabilities");
    bool fine = true, idle = false, reads_all = false;

    capng_setpid(pid);
    if (capng_get_caps_process() != 0) {
        wrap_words(&line, "WRONG: cannot be read");
        wrap_end(&line);
        return false;
    }
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        char *held = capng_print_caps_text(CAPNG_PRINT_BUFFER, sets[i].type);

        if (held && strcmp(held, "none") != 0 && sets[i].type == CAPNG_BOUNDING_SET &&
            bounds_are_idle)
            idle = true;
        else if (held && process && process->reads_all && sets[i].type != CAPNG_BOUNDING_SET &&
                 strcmp(held, "dac_read_search") == 0)
            reads_all = true;
        else if (!held || strcmp(held, "none") != 0) {
            wrap_print(&line, "WRONG: %s", sets[i].name);
            wrap_words(&line, held ? held : "cannot be read");
            fine = false;
        }
        free(held);
    }
    if (fine && reads_all)
        wrap_words(&line, "only dac_read_search, to read files of any owner");
    else if (fine)
        wrap_words(&line, idle ? "none; no_new_privs disables those of the bounding set"
                               : "none in any set");
    wrap_end(&line);
    return fine;
}

/* Prints the ids of a line of the status file, or one if all are the same. Returns whether any of
 * them is 0. */
static bool print_ids(struct wrap *line, const char *status, const char *field, const char *name)
{
    unsigned id[4] = {0};
    char value[PROC_FIELD_MAX];

    sscanf(proc_field(status, field, value), "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]);
    wrap_print(line, "%s %u,", name, id[0]);
    if (id[0] != id[1] || id[0] != id[2] || id[0] != id[3]) {
        wrap_print(line, "effective %u,", id[1]);
        wrap_print(line, "saved %u,", id[2]);
        wrap_print(line, "file system %u,", id[3]);
    }
    return !id[0] || !id[1] || !id[2] || !id[3];
}

/* Root's VMs get a uid, a gid and no groups; an ordinary user's keep the user's gid and groups. */
static bool report_ids(const char *status, bool started_by_root)
{
    struct wrap line = wrap_begin("ids");
    bool uid_0 = print_ids(&line, status, "Uid", "uid"),
         gid_0 = print_ids(&line, status, "Gid", "gid") && started_by_root, grouped;
    char groups[PROC_FIELD_MAX];

    grouped = *proc_field(status, "Groups", groups) != '\0';
    wrap_words(&line, grouped ? "groups" : "no groups");
    wrap_words(&line, groups);
    if (uid_0 || gid_0)
        wrap_words(&line, "WRONG: root's own");
    if (grouped)
        wrap_words(&line, started_by_root ? "WRONG: root gives its VMs no group"
                                          : "(an ordinary user cannot drop them)");
    wrap_end(&line);
    return !uid_0 && !gid_0 && !(grouped && started_by_root);
}

/* Root changes ids and needs no user namespace. */
static bool may_share(const struct process *process, const char *kind)
{
    return !process || (process->role & (SUPERVISOR | JANITOR)) || strcmp(kind, "user") == 0 ||
           (process->role == BROKER && strcmp(kind, "net") == 0);
}

/* The host's namespaces are taken to be those of the audit itself. */
static bool report_namespaces(pid_t pid, const struct process *process)
{
    static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    struct wrap line = wrap_begin("namespaces");
    char its[PROC_LINK_MAX], ours[PROC_LINK_MAX];
    bool fine = true;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        bool read =
            proc_link(pid, "ns", kinds[i], its) && proc_link(getpid(), "ns", kinds[i], ours);

        if (read && strcmp(its, ours) != 0)
            wrap_print(&line, "%s", kinds[i]);
        else if (may_share(process, kinds[i]))
            wrap_print(&line, "(%s)", kinds[i]);
        else {
            wrap_print(&line, "WRONG: the host's %s", kinds[i]);
            fine = false;
        }
    }
    wrap_words(&line, "(in brackets: the host's)");
    wrap_end(&line);
    return fine;
}

static bool report_memory(pid_t pid)
{
    FILE *maps = proc_open(pid, "maps");
    char line[512], rights[5];
    unsigned mappings = 0, wrong = 0;

    while (maps && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%*x-%*x %4s", rights) != 1)
            continue;
        mappings++;
        if (rights[1] != 'w' || rights[2] != 'x')
            continue;
        wrong++;
        printf("  memory        WRONG: writable and executable: %s", line);
    }
    if (maps)
        fclose(maps);
    if (wrong == 0)
        printf("  memory        %u mappings, none both writable and executable\n", mappings);
    return wrong == 0 && mappings > 0;
}

bool report(pid_t pid, const struct process *process, size_t filters)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];
    bool started_by_root = family_owner(pid) == 0, fine;

    if (!proc_read(pid, "status", status)) {
        printf("  WRONG: cannot read /proc/%d/status: %s\n", pid, strerror(errno));
        return false;
    }
    fine = strcmp(proc_field(status, "NoNewPrivs", value), "1") == 0;
    printf("  no_new_privs  %s\n", fine ? "set" : "WRONG: not set");
    fine &= report_threads(pid, filters);
    fine &= report_capabilities(pid, process,
                                fine && process && (process->role & (SUPERVISOR | JANITOR)) &&
                                    !started_by_root);
    fine &= report_ids(status, started_by_root);
    fine &= report_namespaces(pid, process);
    printf("  landlock      the kernel does not show it\n");
    fine &= report_descriptors(pid, process);
    fine &= report_memory(pid);
    return fine;
}
