/* What the kernel counts of a VM: see usage.h. */
#include "usage.h"

#include "cgroup.h"
#include "jail.h"
#include "kernel.h"

#include "policy/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TAKE_TRIES 10000 /* each waits 1 ms; a VMM has its vCPU after one or two */
#define STATS_MAX  16384 /* bytes of KVM's header, descriptors and counters; 4 KiB in Linux 6.18 */

bool usage_counts_exits(int kvm)
{
    return ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD) > 0;
}

static int open_stat(pid_t pid)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Only the VMM itself may ask KVM for its counters (KVM_GET_STATS_FD). It does so before it has
 * read all of its configuration, and then waits for us to be confined; until then we can take them
 * from it. They stay readable when the VMM is dead. (Linux before 6.5, 6.1.42 and 5.15.123 then
 * reads freed memory.) Returns -1 where this is forbidden, or if the VMM is dead or no VMM of ours.
 */
static int take_stats(int vmm, int config_pipe)
{
    struct pollfd ended = {.fd = vmm, .events = POLLIN};
    int unread = 1;

    for (unsigned i = 0; i < TAKE_TRIES; i++) {
        if (ioctl(config_pipe, FIONREAD, &unread) != 0 || unread == 0)
            return unread == 0 ? sys_pidfd_getfd(vmm, VMM_FD_STATS) : -1;
        if (poll(&ended, 1, 1) != 0)
            return -1;
    }
    return -1;
}

void usage_open(struct jails *jails, const struct cgroups *cgroups)
{
    struct jail *jail = &jails->supervisor;
    int memory, cpu;

    jail_give(jail, SUPERVISOR_FD_VMM_STAT, open_stat(jails->vmm.pid), "vmm-stat");
    jail_give(jail, SUPERVISOR_FD_WARDEN_STAT, open_stat(jails->broker.pid), "warden-stat");
    jail_give(jail, SUPERVISOR_FD_OWN_STAT, open_stat(getpid()), "own-stat");
    cgroups_open_usage(cgroups, &cgroups->vmm, &memory, &cpu);
    jail_give(jail, SUPERVISOR_FD_VMM_MEMORY, memory, "vmm-memory");
    jail_give(jail, SUPERVISOR_FD_VMM_CPU, cpu, "vmm-cpu");
    cgroups_open_usage(cgroups, &cgroups->broker, &memory, &cpu);
    jail_give(jail, SUPERVISOR_FD_BROKER_MEMORY, memory, "broker-memory");
    jail_give(jail, SUPERVISOR_FD_BROKER_CPU, cpu, "broker-cpu");
    jail_give(jail, SUPERVISOR_FD_VCPU_STATS,
              jails->vmm.stats ? take_stats(jail->fds[SUPERVISOR_FD_VMM_PID], jail->ready) : -1,
              "vcpu-stats");
}

/* Reads a text file from its beginning; "" if there is none. */
static void read_text(int fd, char *text, size_t size)
{
    const ssize_t n = pread(fd, text, size - 1, 0);

    text[n > 0 ? n : 0] = '\0';
}

static struct process_usage read_process(int fd)
{
    struct process_usage usage = {0};
    uint64_t user, system, children_user, children_system;
    char text[1024];
    const char *fields;

    read_text(fd, text, sizeof(text));
    fields = strrchr(text, ')'); /* the end of the second, the process's name */
    if (!fields)
        return usage;
    usage.is_known =
        sscanf(fields,
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %*d %*d %*d %*d %*u %*u %" SCNu64,
               &user, &system, &children_user, &children_system, &usage.resident_pages) == 5;
    if (usage.is_known) {
        usage.cpu_ticks = user + system;
        usage.children_ticks = children_user + children_system;
    }
    return usage;
}

/* Finds the number behind `key` in a text. */
static bool find_number(const char *text, const char *key, uint64_t *number)
{
    const char *found = strstr(text, key);

    return found && sscanf(found + strlen(key), "%" SCNu64, number) == 1;
}

static struct cgroup_usage read_cgroup(int memory, int cpu)
{
    struct cgroup_usage usage = {0};
    char text[512];

    read_text(memory, text, sizeof(text));
    usage.has_memory = find_number(text, "", &usage.memory);
    read_text(cpu, text, sizeof(text));
    usage.has_cpu = find_number(text, "usage_usec ", &usage.cpu_us);
    return usage;
}

/* A counter of the kernel's: "exits", or one of a kind. */
static void add_counter(struct exit_usage *usage, const char *name, uint64_t value)
{
    static const char suffix[] = "_exits";
    const size_t length = strlen(name), tail = strlen(suffix);

    if (strcmp(name, "exits") == 0) {
        usage->is_known = true;
        usage->all = value;
    } else if (length > tail && strcmp(name + length - tail, suffix) == 0 &&
               length - tail < EXIT_NAME_MAX && usage->count < EXIT_KINDS_MAX) {
        memcpy(usage->kinds[usage->count].name, name, length - tail);
        usage->kinds[usage->count++].exits = value;
    }
}

/* The kernel's block of a header, descriptors of counters, and counters. */
static struct exit_usage read_exits(int fd)
{
    char block[STATS_MAX];
    const ssize_t length = pread(fd, block, sizeof(block), 0);
    struct exit_usage usage = {0};
    struct kvm_stats_header header;

    if (length < (ssize_t)sizeof(header))
        return usage;
    memcpy(&header, block, sizeof(header));

    const uint64_t size = sizeof(struct kvm_stats_desc) + header.name_size;

    for (uint64_t i = 0; i < header.num_desc; i++) {
        const uint64_t at = header.desc_offset + i * size;
        struct kvm_stats_desc counter;
        const char *name;
        uint64_t value;

        if (at + size > (uint64_t)length)
            break;
        memcpy(&counter, block + at, sizeof(counter));
        name = block + at + sizeof(counter);
        if (memchr(name, '\0', header.name_size) == NULL || counter.size != 1 ||
            (counter.flags & KVM_STATS_TYPE_MASK) != KVM_STATS_TYPE_CUMULATIVE ||
            (uint64_t)header.data_offset + counter.offset + sizeof(value) > (uint64_t)length)
            continue;
        memcpy(&value, block + header.data_offset + counter.offset, sizeof(value));
        add_counter(&usage, name, value);
    }
    return usage;
}

struct usage usage_read(void)
{
    return (struct usage){
        .vmm = read_process(SUPERVISOR_FD_VMM_STAT),
        .warden = read_process(SUPERVISOR_FD_WARDEN_STAT),
        .supervisor = read_process(SUPERVISOR_FD_OWN_STAT),
        .vmm_cgroup = read_cgroup(SUPERVISOR_FD_VMM_MEMORY, SUPERVISOR_FD_VMM_CPU),
        .broker_cgroup = read_cgroup(SUPERVISOR_FD_BROKER_MEMORY, SUPERVISOR_FD_BROKER_CPU),
        .exits = read_exits(SUPERVISOR_FD_VCPU_STATS),
    };
}

void usage_let_go(void)
{
    close(SUPERVISOR_FD_VCPU_STATS); /* fails if there are none */
}
