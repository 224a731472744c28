/* /proc/PID. */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "proc.h"

#include <asm/resource.h>

enum {
    TICKS_PER_SECOND = 100, /* USER_HZ */
    NAME_COLUMN = 73,       /* in /proc/PID/maps */
};

#define REGULAR   (S_IFREG | 0444)
#define LINK      (S_IFLNK | 0777)
#define DIRECTORY (S_IFDIR | 0555)

static uint64_t ticks(uint64_t nanoseconds)
{
    return nanoseconds / (NSEC_PER_SEC / TICKS_PER_SECOND);
}

static void print_octal(struct text *text, unsigned number, unsigned digits)
{
    while (digits-- > 0)
        text_print(text, "%u", number >> (3 * digits) & 7);
}

static void show_strings(struct text *text, int pid,
                         size_t (*get)(int pid, size_t offset, char *to, size_t size))
{
    char part[256];
    size_t offset = 0, length;

    while ((length = get(pid, offset, part, sizeof(part))) > 0) {
        text_add(text, part, length);
        offset += length;
    }
}

static void show_cmdline(struct text *text, const struct proc_subject *subject)
{
    show_strings(text, subject->pid, task_arguments);
}

static void show_environ(struct text *text, const struct proc_subject *subject)
{
    show_strings(text, subject->pid, task_environment);
}

static void show_comm(struct text *text, const struct proc_subject *subject)
{
    struct task_info info;

    if (task_info(subject->pid, &info))
        text_print(text, "%s\n", info.name);
}

/* proc(5) says what each of the 52 is; those that mean nothing here are 0. */
static void show_stat(struct text *text, const struct proc_subject *subject)
{
    struct task_info info;

    if (!task_info(subject->pid, &info))
        return;
    text_print(text, "%d (%s) %c %d %d %d 0 -1 0 0 0 0 0 ", info.thread, info.name, info.state,
               info.parent, info.group, info.session);
    text_print(text, "%lu %lu 0 0 20 0 %u 0 %lu %lu %lu ", ticks(info.user_ns),
               ticks(info.system_ns), info.threads, ticks(info.started_ns), info.virtual_bytes,
               info.resident_bytes / PAGE_SIZE);
    text_print(text,
               "18446744073709551615 0 0 0 0 0 %lu %lu %lu %lu 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 "
               "0 0 0\n",
               info.signals_pending, info.signals_blocked, info.signals_ignored,
               info.signals_caught);
}

static void show_statm(struct text *text, const struct proc_subject *subject)
{
    struct task_info info;

    if (task_info(subject->pid, &info))
        text_print(text, "%lu %lu 0 0 0 %lu 0\n", info.virtual_bytes / PAGE_SIZE,
                   info.resident_bytes / PAGE_SIZE, info.virtual_bytes / PAGE_SIZE);
}

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "running";
    case 'T':
        return "stopped";
    case 'Z':
        return "zombie";
    default:
        return "sleeping";
    }
}

static void print_ids(struct text *text, const char *name, const struct ids *ids)
{
    text_print(text, "%s:\t%u\t%u\t%u\t%u\n", name, ids->real, ids->effective, ids->saved,
               ids->file);
}

static void print_groups(struct text *text, const struct credentials *credentials)
{
    text_print(text, "FDSize:\t64\nGroups:\t");
    for (int i = 0; i < credentials->group_count; i++)
        text_print(text, "%s%u", i > 0 ? " " : "", credentials->groups[i]);
    text_print(text, " \n");
}

static void print_capabilities(struct text *text, const struct credentials *credentials)
{
    text_print(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n",
               credentials->inheritable, credentials->permitted, credentials->effective);
    text_print(text, "CapBnd:\t%016lx\nCapAmb:\t%016lx\n", credentials->bounding,
               credentials->ambient);
}

static void show_status(struct text *text, const struct proc_subject *subject)
{
    const struct credentials *credentials = task_credentials(subject->pid);
    const struct fs *fs = task_fs(subject->pid);
    struct task_info info;

    if (!credentials || !task_info(subject->pid, &info))
        return;
    text_print(text, "Name:\t%s\nUmask:\t", info.name);
    print_octal(text, fs ? fs->mask : 0, 4);
    text_print(text, "\nState:\t%c (%s)\n", info.state, state_name(info.state));
    text_print(text, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", info.pid,
               info.thread, info.parent);
    print_ids(text, "Uid", &credentials->user);
    print_ids(text, "Gid", &credentials->group);
    print_groups(text, credentials);
    text_print(text, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
               info.virtual_bytes / 1024, info.virtual_bytes / 1024, info.resident_bytes / 1024,
               info.resident_bytes / 1024);
    text_print(text, "Threads:\t%u\nSigQ:\t0/1024\nSigPnd:\t%016lx\nShdPnd:\t%016lx\n",
               info.threads, info.signals_pending, 0ul);
    text_print(text, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n", info.signals_blocked,
               info.signals_ignored, info.signals_caught);
    print_capabilities(text, credentials);
    text_print(text, "NoNewPrivs:\t%u\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n",
               info.no_new_privileges ? 1u : 0u);
    text_print(text, "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
}

static void show_mapping(struct text *text, const struct task_mapping *mapping)
{
    const struct inode *inode = mapping->file ? mapping->file->inode : NULL;
    const uint64_t device = inode ? inode->super->device : 0;
    const size_t start = text->length;
    char path[1024];

    text_print(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", mapping->start, mapping->end,
               mapping->readable ? 'r' : '-', mapping->writable ? 'w' : '-',
               mapping->executable ? 'x' : '-', mapping->shared ? 's' : 'p', mapping->offset,
               device_major(device), device_minor(device), inode ? inode->number : 0ul);
    while (text->length - start < NAME_COLUMN && !text->full)
        text_add(text, " ", 1);
    if (mapping->file) {
        long length = dentry_path(mapping->file, path, sizeof(path));

        text_add(text, path, length > 0 ? (size_t)length : 0);
    } else if (mapping->name) {
        text_print(text, "%s", mapping->name);
    }
    text_add(text, "\n", 1);
}

static void show_maps(struct text *text, const struct proc_subject *subject)
{
    struct task_mapping mapping;
    uint64_t address = 0;

    while (!text->full && task_mapping(subject->pid, address, &mapping)) {
        show_mapping(text, &mapping);
        address = mapping.end;
    }
}

static void print_limit(struct text *text, uint64_t limit)
{
    char number[21] = "unlimited";

    if (limit != RLIM_INFINITY)
        format(number, sizeof(number), "%lu", limit);
    text_print(text, "%-20s ", number);
}

static void show_limits(struct text *text, const struct proc_subject *subject)
{
    static const struct {
        const char *name, *unit;
    } limits[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = {"Max cpu time", "seconds"},
        [RLIMIT_FSIZE] = {"Max file size", "bytes"},
        [RLIMIT_DATA] = {"Max data size", "bytes"},
        [RLIMIT_STACK] = {"Max stack size", "bytes"},
        [RLIMIT_CORE] = {"Max core file size", "bytes"},
        [RLIMIT_RSS] = {"Max resident set", "bytes"},
        [RLIMIT_NPROC] = {"Max processes", "processes"},
        [RLIMIT_NOFILE] = {"Max open files", "files"},
        [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
        [RLIMIT_AS] = {"Max address space", "bytes"},
        [RLIMIT_LOCKS] = {"Max file locks", "locks"},
        [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
        [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
        [RLIMIT_NICE] = {"Max nice priority", ""},
        [RLIMIT_RTPRIO] = {"Max realtime priority", ""},
        [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
    };
    struct task_limit limit;

    text_print(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < RLIM_NLIMITS && task_limit(subject->pid, i, &limit); i++) {
        text_print(text, "%-25s ", limits[i].name);
        print_limit(text, limit.soft);
        print_limit(text, limit.hard);
        text_print(text, *limits[i].unit ? "%-10s\n" : "%s\n", limits[i].unit);
    }
}

/* Where a file system is mounted; what separates fields is written in octal. */
static void print_mount_path(struct text *text, const struct super_block *super)
{
    char path[1024];
    const long length = dentry_path(super->root, path, sizeof(path));

    for (long i = 0; i < length; i++) {
        if (path[i] == ' ' || path[i] == '\t' || path[i] == '\n' || path[i] == '\\') {
            text_print(text, "\\");
            print_octal(text, (uint8_t)path[i], 3);
        } else {
            text_add(text, &path[i], 1);
        }
    }
}

static void show_mounts(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    for (unsigned i = 0; i < MOUNTS_MAX && mounts[i]; i++) {
        text_print(text, "%s ", mounts[i]->type);
        print_mount_path(text, mounts[i]);
        text_print(text, " %s %s,relatime 0 0\n", mounts[i]->type,
                   mounts[i]->read_only ? "ro" : "rw");
    }
}

/* The number of a mount, which is its place. */
static unsigned mount_number(const struct super_block *super)
{
    unsigned number = 0;

    while (mounts[number] != super)
        number++;
    return number + 1;
}

static void show_mountinfo(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    for (unsigned i = 0; i < MOUNTS_MAX && mounts[i]; i++) {
        const struct dentry *covers = mounts[i]->covers;
        const char *access = mounts[i]->read_only ? "ro" : "rw";

        text_print(text, "%u %u 0:%u / ", i + 1, covers ? mount_number(covers->super) : 0u,
                   mounts[i]->device);
        print_mount_path(text, mounts[i]);
        text_print(text, " %s,relatime - %s %s %s\n", access, mounts[i]->type, mounts[i]->type,
                   access);
    }
}

static void show_cgroup(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "0::/\n");
}

static void show_zero(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "0\n");
}

static void show_id_map(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "%10u %10u %10u\n", 0u, 0u, UINT32_MAX);
}

/* As ptrace(2) decides: all ids are the program's own. */
static bool may_inspect(int pid)
{
    const struct credentials *own = current_credentials(), *other = task_credentials(pid);

    if (!other || other == own || is_capable(CAP_SYS_PTRACE))
        return true;
    return own->user.file == other->user.real && own->user.file == other->user.effective &&
           own->user.file == other->user.saved && own->group.file == other->group.real &&
           own->group.file == other->group.effective && own->group.file == other->group.saved &&
           (other->permitted & ~own->permitted) == 0;
}

static int found(int pid, struct dentry *dentry, struct dentry **target)
{
    if (!may_inspect(pid))
        return -EACCES;
    *target = dentry ? dentry_get(dentry) : NULL;
    return dentry ? 0 : -ENOENT;
}

static int follow_exe(const struct proc_subject *subject, struct dentry **target)
{
    return found(subject->pid, task_program(subject->pid), target);
}

static int follow_cwd(const struct proc_subject *subject, struct dentry **target)
{
    const struct fs *fs = task_fs(subject->pid);

    return found(subject->pid, fs ? fs->directory : NULL, target);
}

static int follow_root(const struct proc_subject *subject, struct dentry **target)
{
    const struct fs *fs = task_fs(subject->pid);

    return found(subject->pid, fs ? fs->root : NULL, target);
}

static int next_fd(const struct proc_subject *subject, int from)
{
    struct files *files = task_files(subject->pid);

    return files ? files_next(files, (unsigned)from) : -1;
}

static struct file *file_of(const struct proc_subject *subject)
{
    struct files *files = task_files(subject->pid);

    return files ? files_file(files, (unsigned)subject->number) : NULL;
}

static int follow_fd(const struct proc_subject *subject, struct dentry **target)
{
    struct file *file = file_of(subject);

    if (!file)
        return -ENOENT;
    *target = dentry_get(file->dentry);
    file_put(file);
    return 0;
}

static void show_fdinfo(struct text *text, const struct proc_subject *subject)
{
    struct file *file = file_of(subject);

    if (!file)
        return;
    text_print(text, "pos:\t%lu\nflags:\t", file->position);
    print_octal(text, file->flags, 8);
    text_print(text, "\nmnt_id:\t1\nino:\t%lu\n", file->inode->number);
    file_put(file);
}

static int next_thread(const struct proc_subject *subject, int from)
{
    return task_next_thread(subject->pid, from);
}

static const struct proc_entry fd_link = {.mode = S_IFLNK | 0700, .follow = follow_fd};
static const struct proc_entry fdinfo_file = {.mode = REGULAR, .show = show_fdinfo};
static const struct proc_entry thread_directory;

/* Of a process, and of each of its threads, for which the last one is not there. */
#define ENTRIES                                                                                    \
    {"cgroup", REGULAR, .show = show_cgroup}, {"cmdline", REGULAR, .show = show_cmdline},          \
        {"comm", REGULAR, .show = show_comm}, {"cwd", LINK, .follow = follow_cwd},                 \
        {"environ", S_IFREG | 0400, .show = show_environ}, {"exe", LINK, .follow = follow_exe},    \
        {"fd", S_IFDIR | 0500, .next = next_fd, .each = &fd_link},                                 \
        {"fdinfo", S_IFDIR | 0500, .next = next_fd, .each = &fdinfo_file},                         \
        {"gid_map", REGULAR, .show = show_id_map}, {"limits", REGULAR, .show = show_limits},       \
        {"maps", REGULAR, .show = show_maps}, {"mountinfo", REGULAR, .show = show_mountinfo},      \
        {"mounts", REGULAR, .show = show_mounts}, {"oom_score", REGULAR, .show = show_zero},       \
        {"oom_score_adj", REGULAR, .show = show_zero}, {"root", LINK, .follow = follow_root},      \
        {"stat", REGULAR, .show = show_stat}, {"statm", REGULAR, .show = show_statm},              \
        {"status", REGULAR, .show = show_status},                                                  \
    {                                                                                              \
        "uid_map", REGULAR, .show = show_id_map                                                    \
    }

static const struct proc_entry thread_entries[] = {ENTRIES, {0}};
static const struct proc_entry thread_directory = {.mode = DIRECTORY, .entries = thread_entries};

static const struct proc_entry process_entries[] = {
    ENTRIES,
    {"task", DIRECTORY, .next = next_thread, .each = &thread_directory, .is_process = true},
    {0},
};

const struct proc_entry proc_process = {.mode = DIRECTORY, .entries = process_entries};
