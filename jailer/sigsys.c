/* Reads seccomp's audit records from the kernel log: see sigsys.h. */
#include "sigsys.h"

#include "timing.h"

#include "policy/runtime/names.h"
#include "policy/runtime/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX of the kernel: what one read(2) may return */
#define PATIENCE   (TIMING_SECOND / 2) /* the kernel logs in a thread of its own */

/* A program by the kernel's name for the process, and the policies that hold it, the last first. */
struct program {
    const char *comm, *name;
    const struct policy *chain[3];
};

static const struct program programs[] = {
    {"warden", "the broker's warden", {&policy_warden}},
    {"janitor", "the janitor", {&policy_janitor}},
    {"resolver", "the resolver", {&policy_resolver, &policy_warden}},
    {"sparkler-linux", "sparkler-vmm", {&policy_vmm_linux, &policy_vmm_boot}},
};
static const struct program broker = {
    NULL, "sparkler-netbroker", {&policy_netbroker, &policy_warden}};
static const struct program vmm = {NULL, "sparkler-vmm", {&policy_vmm, &policy_vmm_boot}};

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

static const struct program *find_program(const struct kernel_log *log, uid_t uid, const char *comm)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        if (strncmp(comm, programs[i].comm, strlen(programs[i].comm)) == 0)
            return &programs[i];
    if (uid == log->broker && (uid != log->vmm || strncmp(comm, broker.name, 15) == 0))
        return &broker;
    return &vmm; /* or what --exec has in its place */
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

static void explain(struct user_log *out, const struct program *program, const char *arch,
                    unsigned long number)
{
    const char *name = strncmp(arch, "c000003e", 8) == 0 ? names_syscall(number) : NULL;
    char reasons[256] = "";

    if (name == NULL)
        user_log_say(out,
                     "%s was killed by SIGSYS: system call %lu of i386, of x32 or unknown to all "
                     "policies",
                     program->name, number);
    for (unsigned i = 0; name != NULL && program->chain[i] != NULL; i++)
        add_reason(reasons, sizeof(reasons), program->chain[i], number);
    if (name != NULL)
        user_log_say(
            out, "%s was killed by SIGSYS: %s (%lu):%s; see policy/README.md, \"Change a rule\"",
            program->name, name, number, reasons);
}

void kernel_log_read(struct kernel_log *log)
{
    char record[RECORD_MAX + 1];
    ssize_t length;

    /* EPIPE: records were overwritten before we came to read them */
    while ((length = read(log->fd, record, RECORD_MAX)) > 0 || (length < 0 && errno == EPIPE)) {
        const struct program *program;
        uid_t uid;

        record[length > 0 ? length : 0] = '\0';
        uid = (uid_t)strtoul(field(record, " uid="), NULL, 10);
        if (strstr(record, ";audit: type=1326 ") == NULL || (uid != log->vmm && uid != log->broker))
            continue;
        program = find_program(log, uid, field(record, " comm=\""));
        explain(log->out, program, field(record, " arch="),
                strtoul(field(record, " syscall="), NULL, 10));
        log->told = program->name;
    }
}

bool kernel_log_told(struct kernel_log *log, const char *program)
{
    const long long deadline = timing_now() + PATIENCE;
    struct pollfd readable = {.fd = log->fd, .events = POLLIN};

    while (log->fd >= 0 && (log->told == NULL || strcmp(log->told, program) != 0)) {
        if (poll(&readable, 1, timing_ms_until(deadline)) <= 0)
            return false;
        kernel_log_read(log);
    }
    return log->fd >= 0;
}
