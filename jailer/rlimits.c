/* Resource limits (setrlimit(2)). */
#include "jail.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int resource;
} resources[] = {
    {"as", RLIMIT_AS},
    {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},
    {"memlock", RLIMIT_MEMLOCK},
    {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},
    {"stack", RLIMIT_STACK},
    {"msgqueue", RLIMIT_MSGQUEUE},
    {"sigpending", RLIMIT_SIGPENDING},
};

/* Lowers a limit. A lower one stays: an ordinary user could not raise it. */
static void limit(int resource, rlim_t value)
{
    struct rlimit old, new = {value, value};

    if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
        new.rlim_cur = new.rlim_max = old.rlim_max;
    if (setrlimit(resource, &new) != 0)
        err(1, "cannot set resource limit %d to %llu", resource, (unsigned long long)value);
}

/* Returns the resource that the user names; sets its value. */
static int parse_limit(const struct setting *setting, rlim_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(setting->value, &end, 10);
    if (*end != '\0' || errno != 0)
        errx(1, "--resource-limit %s=%s: expected a whole number", setting->name, setting->value);
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        if (strcmp(resources[i].name, setting->name) == 0)
            return resources[i].resource;
    errx(1,
         "--resource-limit %s: no such limit; there are as, core, cpu, data, fsize, memlock, "
         "nofile, nproc, stack, msgqueue and sigpending",
         setting->name);
}

void rlimits_check(const struct settings *limits)
{
    rlim_t value;

    for (unsigned i = 0; i < limits->count; i++)
        parse_limit(&limits->list[i], &value);
}

static void set_limits(struct jail *jail)
{
    const rlim_t program = 64 << 20;     /* the VMM's text, stack and heap are smaller */
    const rlim_t broker_data = 64 << 20; /* authorities and the largest answer take half of it */
    rlim_t value;
    int resource;

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK,
          jail->role == VMM && jail->options->lock_memory ? jail->options->memory_bytes : 0);
    limit(RLIMIT_MSGQUEUE, 0);
    if (jail->role & (SUPERVISOR | JANITOR))
        return;
    limit(RLIMIT_FSIZE, 1 << 30); /* the console may go to a file */
    limit(RLIMIT_NOFILE, 64);
    if (jail->role == VMM)
        limit(RLIMIT_AS, jail->options->memory_bytes + jail->image_bytes + program);
    else
        limit(RLIMIT_DATA, broker_data); /* an ordinary user may have no cgroup that bounds it */
    for (unsigned i = 0; i < jail->options->limits.count; i++) {
        resource = parse_limit(&jail->options->limits.list[i], &value);
        limit(resource, value);
    }
}

const struct lock lock_rlimits = {
    .name = "rlimits",
    .what = "core 0, 64 descriptors, files and memory",
    .roles = VMM | BROKER | SUPERVISOR | JANITOR,
    .close = set_limits,
};
