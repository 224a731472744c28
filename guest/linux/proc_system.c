/* /proc itself, and /proc/sys. */
#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "proc.h"

#define REGULAR   (S_IFREG | 0444)
#define LINK      (S_IFLNK | 0777)
#define DIRECTORY (S_IFDIR | 0555)

static void show_meminfo(struct text *text, const struct proc_subject *subject)
{
    const uint64_t total = pages_total() * (PAGE_SIZE / 1024);
    const uint64_t left = pages_free() * (PAGE_SIZE / 1024);
    const uint64_t files = mounts[0]->pages * (PAGE_SIZE / 1024);
    const struct {
        const char *name;
        uint64_t kilobytes;
    } lines[] = {
        {"MemTotal:", total}, {"MemFree:", left}, {"MemAvailable:", left},   {"Buffers:", 0},
        {"Cached:", files},   {"SwapCached:", 0}, {"Active:", total - left}, {"Inactive:", 0},
        {"SwapTotal:", 0},    {"SwapFree:", 0},   {"Shmem:", files},
    };

    (void)subject;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
        text_print(text, "%-15s %8lu kB\n", lines[i].name, lines[i].kilobytes);
}

static void show_stat(struct text *text, const struct proc_subject *subject)
{
    const uint64_t up = time_monotonic() / (NSEC_PER_SEC / 100);

    (void)subject;
    text_print(text, "cpu  %lu 0 0 0 0 0 0 0 0 0\ncpu0 %lu 0 0 0 0 0 0 0 0 0\n", up, up);
    text_print(text, "intr 0\nctxt 0\nbtime %lu\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
               (time_realtime() - time_monotonic()) / (uint64_t)NSEC_PER_SEC, task_started(),
               task_running());
}

/* What is counted, by its name in Linux. */
static void show_vmstat(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "nr_free_pages %lu\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n", pages_free());
}

static void show_uptime(struct text *text, const struct proc_subject *subject)
{
    const uint64_t hundredths = time_monotonic() / (NSEC_PER_SEC / 100);

    (void)subject;
    text_print(text, "%lu.%02lu 0.00\n", hundredths / 100, hundredths % 100);
}

static void show_loadavg(struct text *text, const struct proc_subject *subject)
{
    unsigned count = 0;

    (void)subject;
    for (int pid = task_next(1); pid >= 0; pid = task_next(pid + 1))
        count++;
    text_print(text, "0.00 0.00 0.00 %u/%u %u\n", task_running(), count, task_started());
}

static void show_version(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "Linux version " KERNEL_RELEASE " (sparkler) " KERNEL_VERSION "\n");
}

static void show_filesystems(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n\terofs\n");
}

static void show_swaps(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

static void show_devices(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n"
                     "  5 /dev/ptmx\n136 pts\n\n"
                     "Block devices:\n");
}

static void show_nothing(struct text *text, const struct proc_subject *subject)
{
    (void)text, (void)subject;
}

/* Random, as 36 characters: 8-4-4-4-12, with version 4 and its variant. */
static void show_uuid(struct text *text, const uint8_t bytes[16])
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned byte = bytes[i];

        if (i == 6)
            byte = (byte & 0x0f) | 0x40;
        if (i == 8)
            byte = (byte & 0x3f) | 0x80;
        text_print(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", byte);
    }
    text_print(text, "\n");
}

static void show_random_uuid(struct text *text, const struct proc_subject *subject)
{
    uint8_t bytes[16];

    (void)subject;
    random_bytes(bytes, sizeof(bytes));
    show_uuid(text, bytes);
}

static void show_boot_id(struct text *text, const struct proc_subject *subject)
{
    static uint8_t bytes[16];
    static bool known;

    (void)subject;
    if (!known)
        random_bytes(bytes, sizeof(bytes));
    known = true;
    show_uuid(text, bytes);
}

/* Files of one line. */
#define ONE_LINE(name, value)                                                                      \
    static void show_##name(struct text *text, const struct proc_subject *subject)                 \
    {                                                                                              \
        (void)subject;                                                                             \
        text_print(text, "%s\n", value);                                                           \
    }

ONE_LINE(cap_last_cap, "40")
ONE_LINE(core_pattern, "core")
ONE_LINE(domainname, domain_name())
ONE_LINE(file_max, "1048576")
ONE_LINE(hostname, host_name())
ONE_LINE(max_map_count, "65530")
ONE_LINE(ngroups_max, "65536")
ONE_LINE(osrelease, KERNEL_RELEASE)
ONE_LINE(ostype, "Linux")
ONE_LINE(overcommit_memory, "1")
ONE_LINE(pid_max, "4194304")
ONE_LINE(pipe_max_size, "1048576")
ONE_LINE(randomize_va_space, "2")
ONE_LINE(sem, "32000\t1024000000\t500\t32000")
ONE_LINE(somaxconn, "4096")
ONE_LINE(threads_max, "32768")
ONE_LINE(version_line, KERNEL_VERSION)

static const struct proc_entry random_entries[] = {
    {"boot_id", REGULAR, .show = show_boot_id},
    {"uuid", REGULAR, .show = show_random_uuid},
    {0},
};

static const struct proc_entry kernel_entries[] = {
    {"cap_last_cap", REGULAR, .show = show_cap_last_cap},
    {"core_pattern", REGULAR, .show = show_core_pattern},
    {"domainname", REGULAR, .show = show_domainname},
    {"hostname", REGULAR, .show = show_hostname},
    {"ngroups_max", REGULAR, .show = show_ngroups_max},
    {"osrelease", REGULAR, .show = show_osrelease},
    {"ostype", REGULAR, .show = show_ostype},
    {"pid_max", REGULAR, .show = show_pid_max},
    {"random", DIRECTORY, .entries = random_entries},
    {"randomize_va_space", REGULAR, .show = show_randomize_va_space},
    {"sem", REGULAR, .show = show_sem},
    {"threads-max", REGULAR, .show = show_threads_max},
    {"version", REGULAR, .show = show_version_line},
    {0},
};

static const struct proc_entry fs_entries[] = {
    {"file-max", REGULAR, .show = show_file_max},
    {"nr_open", REGULAR, .show = show_file_max},
    {"pipe-max-size", REGULAR, .show = show_pipe_max_size},
    {0},
};

static const struct proc_entry vm_entries[] = {
    {"max_map_count", REGULAR, .show = show_max_map_count},
    {"overcommit_memory", REGULAR, .show = show_overcommit_memory},
    {0},
};

static const struct proc_entry net_core_entries[] = {
    {"somaxconn", REGULAR, .show = show_somaxconn},
    {0},
};

static const struct proc_entry net_entries[] = {
    {"core", DIRECTORY, .entries = net_core_entries},
    {0},
};

static const struct proc_entry sys_entries[] = {
    {"fs", DIRECTORY, .entries = fs_entries},
    {"kernel", DIRECTORY, .entries = kernel_entries},
    {"net", DIRECTORY, .entries = net_entries},
    {"vm", DIRECTORY, .entries = vm_entries},
    {0},
};

static void target_self(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "%d", task_current());
}

static void target_thread(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "%d/task/%d", task_current(), task_current_thread());
}

static void target_mounts(struct text *text, const struct proc_subject *subject)
{
    (void)subject;
    text_print(text, "self/mounts");
}

static int next_process(const struct proc_subject *subject, int from)
{
    (void)subject;
    return task_next(from);
}

static const struct proc_entry root_entries[] = {
    {"cmdline", REGULAR, .show = show_nothing}, {"cpuinfo", REGULAR, .show = show_cpuinfo},
    {"devices", REGULAR, .show = show_devices}, {"filesystems", REGULAR, .show = show_filesystems},
    {"loadavg", REGULAR, .show = show_loadavg}, {"meminfo", REGULAR, .show = show_meminfo},
    {"mounts", LINK, .target = target_mounts},  {"self", LINK, .target = target_self},
    {"stat", REGULAR, .show = show_stat},       {"swaps", REGULAR, .show = show_swaps},
    {"sys", DIRECTORY, .entries = sys_entries}, {"thread-self", LINK, .target = target_thread},
    {"uptime", REGULAR, .show = show_uptime},   {"version", REGULAR, .show = show_version},
    {"vmstat", REGULAR, .show = show_vmstat},   {0},
};

const struct proc_entry proc_root = {
    .mode = DIRECTORY,
    .entries = root_entries,
    .next = next_process,
    .each = &proc_process,
    .is_process = true,
};
