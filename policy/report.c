/* Reads /proc/PID. A process that ends meanwhile is reported as one that does not agree. */
#include "policy/report.h"
#include "policy/proc.h"

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
        printf("  threads       WRONG: %u of %u are not under %zu filters\n", wrong, threads,
               filters);
    else
        printf("  threads       %u, all under these filters\n", threads);
    return !wrong && threads;
}

/* Where the link /proc/PID/KIND/NAME points to. */
static bool read_link(pid_t pid, const char *kind, const char *name, char target[static 128])
{
    char path[96];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/%s/%.40s", pid, kind, name);
    length = readlink(path, target, 127);
    target[length > 0 ? length : 0] = '\0';
    return length > 0;
}

/*
 * An ordinary user cannot empty the bounding set outside of a user namespace of the process's own,
 * and need not: it says what an execve(2) may give, and with no_new_privs none gives anything.
 */
static bool bounds_are_idle(pid_t pid, const char *status)
{
    char its[128], ours[128], value[PROC_FIELD_MAX];

    return strcmp(proc_field(status, "NoNewPrivs", value), "1") == 0 &&
           read_link(pid, "ns", "user", its) && read_link(getpid(), "ns", "user", ours) &&
           strcmp(its, ours) == 0;
}

static bool report_capabilities(pid_t pid, const char *status)
{
    static const struct {
        capng_type_t type;
        const char *name;
    } sets[] = {
        {CAPNG_INHERITABLE, "inheritable"},   {CAPNG_PERMITTED, "permitted"},
        {CAPNG_EFFECTIVE, "effective"},       {CAPNG_AMBIENT, "ambient"},
        {CAPNG_BOUNDING_SET, "bounding set"},
    };
    bool fine = true, idle = false;

    printf("  capabilities  ");
    capng_setpid(pid);
    if (capng_get_caps_process() != 0) {
        printf("WRONG: cannot be read\n");
        return false;
    }
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        char *held = capng_print_caps_text(CAPNG_PRINT_BUFFER, sets[i].type);

        if (!held || strcmp(held, "none") != 0) {
            if (held && sets[i].type == CAPNG_BOUNDING_SET && bounds_are_idle(pid, status))
                idle = true;
            else {
                printf("%s%s %s", fine ? "WRONG: " : "; ", sets[i].name,
                       held ? held : "cannot be read");
                fine = false;
            }
        }
        free(held);
    }
    if (fine)
        printf(idle ? "none, and none can come by the bounding set, which is an ordinary user's"
                    : "none in any set");
    printf("\n");
    return fine;
}

static void report_namespaces(pid_t pid)
{
    static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    char its[128], ours[128];

    for (int own = 1; own >= 0; own--) {
        printf(own ? "  namespaces    its own:" : "; those of this audit:");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
            if (!read_link(pid, "ns", kinds[i], its) || !read_link(getpid(), "ns", kinds[i], ours))
                continue;
            if ((strcmp(its, ours) != 0) == own)
                printf(" %s", kinds[i]);
        }
    }
    printf("\n");
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static void report_descriptors(pid_t pid)
{
    char path[64], target[128];
    struct dirent **entries;
    int count;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    count = scandir(path, &entries, NULL, by_number);
    printf("  descriptors  ");
    for (int i = 0; i < count; i++) {
        if (read_link(pid, "fd", entries[i]->d_name, target))
            printf(" %s=%s", entries[i]->d_name, target);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    printf("\n");
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

bool report(pid_t pid, size_t filters)
{
    char status[PROC_TEXT_MAX], value[PROC_FIELD_MAX];
    bool fine;

    if (!proc_read(pid, "status", status)) {
        printf("  WRONG: cannot read /proc/%d/status: %s\n", pid, strerror(errno));
        return false;
    }
    fine = strcmp(proc_field(status, "NoNewPrivs", value), "1") == 0;
    printf("  no_new_privs  %s\n", fine ? "set" : "WRONG: not set");
    fine &= report_threads(pid, filters);
    fine &= report_capabilities(pid, status);
    printf("  user          real, effective, saved, file system: uid %s",
           proc_field(status, "Uid", value));
    printf("; gid %s", proc_field(status, "Gid", value));
    printf("; groups %s\n", *proc_field(status, "Groups", value) ? value : "none");
    report_namespaces(pid);
    printf("  landlock      the kernel does not show it\n");
    report_descriptors(pid);
    fine &= report_memory(pid);
    return fine;
}
