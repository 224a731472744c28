/* Reads seccomp's audit records from the kernel log: see sigsys.h. */
#include "sigsys.h"

#include "timing.h"

#include "policy/runtime/names.h"
#include "policy/runtime/policy.h"
#include "policy/runtime/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX of the kernel: what one read(2) may return */
#define PATIENCE   (TIMING_SECOND / 2) /* the kernel logs in a thread of its own */

int kernel_log_open(void)
{
    int fd = geteuid() == 0 ? open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;

    if (fd >= 0)
        lseek(fd, 0, SEEK_END);
    return fd;
}

/* The text behind ` key=` in a record; empty if it isn't there. */
static const char *field(const char *record, const char *key)
{
    const char *found = strstr(record, key);

    return found ? found + strlen(key) : "";
}

static bool is_user(const struct kernel_log *log, enum user user, uid_t uid)
{
    return uid == (user == VMM_USER ? log->vmm : log->broker);
}

/* By its name if it has one of ours, or else, since --exec and --broker may run anything, by its
 * user. */
static const struct process *find_process(const struct kernel_log *log, uid_t uid, const char *comm)
{
    const struct process *process;
    char name[16] = "";

    sscanf(comm, "%15[^\"]", name);
    process = process_find(name);
    if (process && (is_user(log, process->user, uid) || is_user(log, process->effective, uid)))
        return process;
    return process_find(uid == log->vmm ? "sparkler-vmm" : "sparkler-netbroker");
}

/* Adds what the policy has against the call; nothing if it allows it with any arguments. */
static void add_reason(char *text, size_t size, const struct policy *policy, unsigned long number)
{
    size_t length = strlen(text);
    unsigned i = 0;

    while (i < policy->rules && policy->lines[i].number != number)
        i++;
    if (i == policy->rules)
        snprintf(text + length, size - length, "%s policy/%s.policy has no rule for it",
                 length ? "," : "", policy->name);
    else if (!policy->lines[i].always)
        snprintf(text + length, size - length, "%s policy/%s.policy:%u allows other arguments only",
                 length ? "," : "", policy->name, policy->lines[i].line);
}

static void explain(struct user_log *out, const struct process *process, const char *arch,
                    unsigned long number)
{
    const char *name = strncmp(arch, "c000003e", 8) == 0 ? names_syscall(number) : NULL;
    char reasons[256] = "";

    if (!name) {
        user_log_say(out,
                     "%s was killed by SIGSYS: system call %lu of i386, of x32 or unknown to all "
                     "policies",
                     process->title, number);
        return;
    }
    for (int i = CHAIN_MAX - 1; i >= 0; i--) /* the filter that was installed last comes first */
        if (process->policies[i])
            add_reason(reasons, sizeof(reasons), policy_find(process->policies[i]), number);
    user_log_say(out,
                 "%s was killed by SIGSYS: %s (%lu):%s; see policy/README.md, \"Change a rule\"",
                 process->title, name, number, reasons);
}

void kernel_log_read(struct kernel_log *log)
{
    char record[RECORD_MAX + 1];
    ssize_t length;

    /* EPIPE: records were overwritten before we came to read them */
    while ((length = read(log->fd, record, RECORD_MAX)) > 0 || (length < 0 && errno == EPIPE)) {
        const struct process *process;
        uid_t uid;

        record[length > 0 ? length : 0] = '\0';
        uid = (uid_t)strtoul(field(record, " uid="), NULL, 10);
        if (!strstr(record, ";audit: type=1326 ") || (uid != log->vmm && uid != log->broker))
            continue;
        process = find_process(log, uid, field(record, " comm=\""));
        explain(log->out, process, field(record, " arch="),
                strtoul(field(record, " syscall="), NULL, 10));
        log->told = process->title;
    }
}

bool kernel_log_told(struct kernel_log *log, const char *program)
{
    const long long deadline = timing_now() + PATIENCE;
    struct pollfd readable = {.fd = log->fd, .events = POLLIN};

    while (log->fd >= 0 && (!log->told || strcmp(log->told, program) != 0)) {
        if (poll(&readable, 1, timing_ms_until(deadline)) <= 0)
            return false;
        kernel_log_read(log);
    }
    return log->fd >= 0;
}
