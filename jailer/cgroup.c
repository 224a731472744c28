/* Control groups: see cgroup.h. */
#include "cgroup.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"
#define OWN_LEAF    "supervisor" /* for jailer, supervisor and janitor */

#define PARENT_PATH_MAX 512

#define VMM_OVERHEAD  (16ull << 20) /* of the VMM itself, and of KVM for it */
#define PAGES_SHARE   128           /* of guest memory, for page tables: 32 bytes a page */
#define BROKER_MEMORY (96ull << 20)
#define ONE_PROCESSOR "100000" /* microseconds of the default period, which is as long */

/* v1's hierarchies, and v2's, which has no controllers beside them */
static const char *const v1_controllers[] = {"memory", "pids", "cpu", "unified"};
#define UNIFIED 3

static bool is_v2_at(const char *path)
{
    struct statfs root;

    return statfs(path, &root) == 0 && root.f_type == CGROUP2_SUPER_MAGIC;
}

static bool is_v2(void)
{
    return is_v2_at(CGROUP_ROOT);
}

bool cgroups_have_v2(const struct options *options)
{
    return !cgroups_skipped(options) && (is_v2() || is_v2_at(CGROUP_ROOT "/unified"));
}

const char *cgroups_skipped(const struct options *options)
{
    if (access(is_v2() ? CGROUP_ROOT "/cgroup.procs" : CGROUP_ROOT "/memory/tasks", F_OK) != 0)
        return "no cgroups are mounted on " CGROUP_ROOT;
    if (!options->root && !is_v2())
        return "only root may use cgroup v1";
    if (!options->root && !options->parent_given)
        return "an ordinary user needs a delegated one (--parent-cgroup)";
    return NULL;
}

/* Returns false if this kernel has no such limit. */
static bool write_limit_if_there(int directory, const char *file, const char *value)
{
    int fd = openat(directory, file, O_WRONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return false;
    if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
        err(1, "cannot set the cgroup limit %s=%s", file, value);
    close(fd);
    return true;
}

static void write_limit(int directory, const char *file, const char *value)
{
    if (!write_limit_if_there(directory, file, value))
        err(1, "cannot set the cgroup limit %s=%s", file, value);
}

/* v2: children have only the controllers that the parent enables. */
static void enable_controllers(const char *path)
{
    char file[PARENT_PATH_MAX + 32];
    int fd;

    snprintf(file, sizeof(file), "%s/cgroup.subtree_control", path);
    fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "+memory +pids +cpu", 18) != 18)
        err(1, "cannot enable memory, pids and cpu in %s%s", file,
            errno == EBUSY ? "; other processes are in that cgroup: move them, or give another"
                           : "");
    close(fd);
}

static bool has_controllers(int parent)
{
    int fd = openat(parent, "cgroup.subtree_control", O_RDONLY | O_CLOEXEC);
    char first;
    bool some = fd >= 0 && read(fd, &first, 1) == 1;

    if (fd >= 0)
        close(fd);
    return some;
}

/* Whether the jailer's own cgroup is to be the parent. */
static bool parent_is_own(const struct options *options)
{
    return strcmp(options->parent_cgroup, ".") == 0;
}

/* The path of the calling process in a hierarchy, of a line of /proc/self/cgroup (cgroups(7)):
 * "ID:CONTROLLERS:/PATH", with neither ID nor controllers for v2. NULL if it is another's line. */
static const char *path_in(char *line, const char *controller)
{
    char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

    if (!path)
        return NULL;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    if (*++list == '\0')
        return *controller == '\0' ? path : NULL;
    for (const char *name = strtok(list, ","); name; name = strtok(NULL, ","))
        if (strcmp(name, controller) == 0)
            return path;
    return NULL;
}

/* Where the parent is, below the root of a hierarchy. */
static void find_parent(const char *controller, const struct options *options, char *path,
                        size_t size)
{
    char line[PARENT_PATH_MAX];
    const char *own = NULL;
    FILE *file;

    if (!parent_is_own(options)) {
        snprintf(path, size, "/%s", options->parent_cgroup);
        return;
    }
    file = fopen("/proc/self/cgroup", "re");
    while (file && !own && fgets(line, sizeof(line), file))
        own = path_in(line, strcmp(controller, v1_controllers[UNIFIED]) == 0 ? "" : controller);
    if (!own)
        errx(1, "cannot find the jailer's own cgroup in /proc/self/cgroup (--parent-cgroup .)");
    fclose(file);
    snprintf(path, size, "%s", own);
}

/* In v2 a cgroup limits those below it or has processes, not both: we go below, too. */
static void step_down(const char *path)
{
    char leaf[PARENT_PATH_MAX + 64];
    int fd;

    snprintf(leaf, sizeof(leaf), "%s/" OWN_LEAF, path);
    if (mkdir(leaf, 0755) != 0 && errno != EEXIST)
        err(1, "cannot make the cgroup %s (--parent-cgroup .)", leaf);
    strcat(leaf, "/cgroup.procs");
    fd = open(leaf, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1)
        err(1, "cannot enter the cgroup of %s (--parent-cgroup .)", leaf);
    close(fd);
}

/* Opens a parent directory; makes it first, or finishes one that another jailer has just made. */
static int open_parent(const char *controller, const struct options *options)
{
    const bool v2 = *controller == '\0';
    char path[PARENT_PATH_MAX], below[PARENT_PATH_MAX - 64];
    struct stat status;
    int fd;

    find_parent(controller, options, below, sizeof(below));
    snprintf(path, sizeof(path), CGROUP_ROOT "%s%s%s", v2 ? "" : "/", controller, below);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        err(1, "cannot make the cgroup %s (--parent-cgroup)", path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        err(1, "cannot open the cgroup %s (--parent-cgroup)", path);
    if (options->root && status.st_uid != 0)
        errx(1, "the cgroup %s is of uid %u, not root's (--parent-cgroup)", path, status.st_uid);
    if (options->root && (status.st_gid != CGROUP_GID || (status.st_mode & 07777) != 01775) &&
        (fchown(fd, 0, CGROUP_GID) != 0 || fchmod(fd, 01775) != 0))
        err(1, "cannot set the owner of the cgroup %s", path);
    if (v2 && parent_is_own(options))
        step_down(path);
    if (v2 && !has_controllers(fd)) {
        if (options->root && !parent_is_own(options))
            enable_controllers(CGROUP_ROOT);
        enable_controllers(path);
    }
    return fd;
}

/* Which directory has a file such as memory.max: that of its controller. */
static unsigned directory_of(const struct cgroups *cgroups, const char *file)
{
    for (unsigned i = 0; !cgroups->v2 && i < cgroups->count; i++) {
        size_t length = strlen(v1_controllers[i]);

        if (strncmp(file, v1_controllers[i], length) == 0 && file[length] == '.')
            return i;
    }
    return 0;
}

struct limits {
    unsigned long long memory;
    unsigned pids, cpu_percent;
};

static void set_limits(const struct cgroups *cgroups, const struct cgroup *cgroup,
                       const int directories[], const struct limits *limits)
{
    const int cpu = directories[directory_of(cgroups, "cpu.max")];
    char value[32];

    snprintf(value, sizeof(value), "%llu", limits->memory);
    write_limit(directories[0], cgroups->v2 ? "memory.max" : "memory.limit_in_bytes", value);
    snprintf(value, sizeof(value), "%u", limits->pids);
    write_limit(directories[directory_of(cgroups, "pids.max")], "pids.max", value);
    /* an equal share is 100 in v2 and 1024 in v1, the defaults */
    snprintf(value, sizeof(value), "%u",
             cgroups->v2 ? limits->cpu_percent : limits->cpu_percent * 1024 / 100);
    write_limit(cpu, cgroups->v2 ? "cpu.weight" : "cpu.shares", value);
    if (!write_limit_if_there(cpu, cgroups->v2 ? "cpu.max" : "cpu.cfs_quota_us", ONE_PROCESSOR))
        warnx("the cgroup %s may use all processors that are idle: this kernel was built without "
              "CONFIG_CFS_BANDWIDTH",
              cgroup->name);
}

/* The file of a limit of the command line, if it is for this jail: FILE=VALUE is the VMM's,
 * broker:FILE=VALUE the broker's. */
static const char *file_of(const struct setting *limit, bool broker)
{
    static const char prefix[] = "broker:";
    const bool for_broker = strncmp(limit->name, prefix, strlen(prefix)) == 0;

    if (for_broker != broker)
        return NULL;
    return for_broker ? limit->name + strlen(prefix) : limit->name;
}

static void set_given_limits(const struct cgroups *cgroups, const int directories[], bool broker,
                             const struct settings *given)
{
    for (unsigned i = 0; i < given->count; i++) {
        const char *file = file_of(&given->list[i], broker);

        if (file)
            write_limit(directories[directory_of(cgroups, file)], file, given->list[i].value);
    }
}

/*
 * Memory over the limit is refused, not swapped out, unless the command line says otherwise. v1
 * limits memory and swap together, to no less than `memory`, the limit of memory alone.
 */
static void forbid_swap(const struct cgroups *cgroups, const struct cgroup *cgroup,
                        const int directories[], unsigned long long memory,
                        const struct settings *given)
{
    const bool broker = cgroup == &cgroups->broker;
    const char *const swap = cgroups->v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
    char limit[32];

    snprintf(limit, sizeof(limit), "%llu", cgroups->v2 ? 0 : memory);
    for (unsigned i = 0; i < given->count; i++) {
        const char *file = file_of(&given->list[i], broker);

        if (file && strcmp(file, swap) == 0)
            return;
        if (file && strcmp(file, "memory.limit_in_bytes") == 0)
            snprintf(limit, sizeof(limit), "%s", given->list[i].value);
    }
    if (!write_limit_if_there(directories[0], swap, limit) && access("/proc/swaps", F_OK) == 0)
        warnx("the cgroup %s has no limit of swap; boot with swapaccount=1, or without swap",
              cgroup->name);
}

/* The VMM has no use for a directory without controllers. */
static unsigned directory_count(const struct cgroups *cgroups, enum role role)
{
    return role == VMM && cgroups->count > UNIFIED ? UNIFIED : cgroups->count;
}

/* Returns false if one of that name exists. */
static bool make_cgroup(const struct cgroups *cgroups, struct cgroup *cgroup, int directories[],
                        unsigned count, const struct options *options, uid_t owner)
{
    for (unsigned i = 0; i < count; i++) {
        if (mkdirat(cgroups->parents[i], cgroup->name, 0755) != 0) {
            if (i == 0 && errno == EEXIST)
                return false;
            err(1, "cannot make the cgroup %s (--id)", cgroup->name);
        }
        directories[i] =
            openat(cgroups->parents[i], cgroup->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directories[i] < 0 || (options->root && fchown(directories[i], owner, CGROUP_GID) != 0))
            err(1, "cannot open the cgroup %s", cgroup->name);
        if (cgroups->v2 || i == UNIFIED)
            cgroup->directory = directories[i];
        else
            cgroup->tasks[i] = openat(directories[i], "tasks", O_WRONLY | O_CLOEXEC);
    }
    cgroup->events = openat(directories[0], cgroups->v2 ? "memory.events" : "memory.oom_control",
                            O_RDONLY | O_CLOEXEC);
    if (cgroup->events < 0)
        err(1, "cannot open the events of the cgroup %s", cgroup->name);
    return true;
}

void cgroups_open(struct cgroups *cgroups, const struct jail *vmm)
{
    const struct options *options = vmm->options;
    const struct cgroup none = {.directory = -1, .tasks = {-1, -1, -1, -1}, .events = -1};

    *cgroups = (struct cgroups){
        .mapped = options->memory_bytes + vmm->image_bytes, .vmm = none, .broker = none};
    if (cgroups_skipped(options))
        return;
    cgroups->v2 = is_v2();
    if (cgroups->v2)
        cgroups->count = 1;
    else
        cgroups->count = is_v2_at(CGROUP_ROOT "/unified") ? UNIFIED + 1 : UNIFIED;
    for (unsigned i = 0; i < cgroups->count; i++)
        cgroups->parents[i] = open_parent(cgroups->v2 ? "" : v1_controllers[i], options);
    snprintf(cgroups->vmm.name, sizeof(cgroups->vmm.name), "%s.vmm", options->id);
    snprintf(cgroups->broker.name, sizeof(cgroups->broker.name), "%s.broker", options->id);
}

bool cgroups_make(struct cgroups *cgroups, enum role role, const struct options *options,
                  uid_t owner)
{
    const struct limits vmm = {cgroups->mapped + cgroups->mapped / PAGES_SHARE + VMM_OVERHEAD, 16,
                               100};
    const struct limits broker = {BROKER_MEMORY, 8, 25};
    const struct limits *const limits = role == VMM ? &vmm : &broker;
    struct cgroup *cgroup = role == VMM ? &cgroups->vmm : &cgroups->broker;
    const unsigned count = directory_count(cgroups, role);
    int directories[CGROUP_PARENTS_MAX];

    if (!make_cgroup(cgroups, cgroup, directories, count, options, owner))
        return false;
    set_limits(cgroups, cgroup, directories, limits);
    set_given_limits(cgroups, directories, role == BROKER, &options->cgroup_limits);
    forbid_swap(cgroups, cgroup, directories, limits->memory, &options->cgroup_limits);
    for (unsigned i = 0; i < count; i++)
        if (directories[i] != cgroup->directory)
            close(directories[i]);
    return true;
}

static int open_usage(int parent, const struct cgroup *cgroup, const char *file)
{
    char path[sizeof(cgroup->name) + 32];

    snprintf(path, sizeof(path), "%s/%s", cgroup->name, file);
    return openat(parent, path, O_RDONLY | O_CLOEXEC);
}

void cgroups_open_usage(const struct cgroups *cgroups, const struct cgroup *cgroup, int *memory,
                        int *cpu)
{
    *memory = *cpu = -1;
    if (cgroups->count == 0)
        return;
    *memory = open_usage(cgroups->parents[0], cgroup,
                         cgroups->v2 ? "memory.current" : "memory.usage_in_bytes");
    if (cgroups->v2 || cgroups->count > UNIFIED)
        *cpu = open_usage(cgroups->parents[cgroups->v2 ? 0 : UNIFIED], cgroup, "cpu.stat");
}

/*
 * "0" means the writer. In v1's `tasks` the kernel takes no lock for it; with a pid, or in
 * cgroup.procs, the move waits for an RCU grace period, 11 ms.
 */
static void enter_cgroup(struct jail *jail)
{
    for (unsigned i = 0; i < jail->cgroups->count; i++)
        if (jail->cgroup->tasks[i] >= 0 && write(jail->cgroup->tasks[i], "0", 1) != 1)
            err(1, "cannot enter the cgroup %s", jail->cgroup->name);
}

static const char *skipped(const struct jail *jail)
{
    return cgroups_skipped(jail->options);
}

const struct lock lock_cgroup = {
    .name = "cgroup",
    .what = "memory, processes and CPU time bounded",
    .roles = VMM | BROKER,
    .skipped = skipped,
    .close = enter_cgroup,
};

/* Returns 0, or why the directory is still there: EBUSY while a process is in it. */
static int remove_directory(int parent, const char *name)
{
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

/* That of the first parent, which is made first, is removed last: until then no other VM of this
 * --id makes any, which would be removed, too, since removal is by name. */
int cgroup_remove(const struct cgroups *cgroups, const struct cgroup *cgroup, unsigned tries)
{
    const int end = SUPERVISOR_FD_CGROUPS + (int)cgroups->count;
    int why = EBUSY;

    for (unsigned done = 0; why != 0 && done < tries; done++) {
        if (done > 0)
            poll(NULL, 0, 1);
        why = 0;
        for (int parent = end - 1; why == 0 && parent >= SUPERVISOR_FD_CGROUPS; parent--)
            why = remove_directory(parent, cgroup->name);
    }
    return why;
}

unsigned long cgroups_oom_kills(int events)
{
    char text[512] = "", *kills;

    if (pread(events, text, sizeof(text) - 1, 0) <= 0)
        return 0;
    kills = strstr(text, "oom_kill ");
    return kills ? strtoul(kills + strlen("oom_kill "), NULL, 10) : 0;
}
