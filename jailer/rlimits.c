/* Resource limits: see rlimits.h. */
#include "rlimits.h"

#include "jail.h"

#include "policy/fds.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* by the numbers of a jail; the jailer itself seldom has as many */
#define OPEN_FILES (JAIL_FD_PROGRAM + 1)

static const char *const names[RLIM_NLIMITS] = {
    [RLIMIT_AS] = "as",
    [RLIMIT_CORE] = "core",
    [RLIMIT_CPU] = "cpu",
    [RLIMIT_DATA] = "data",
    [RLIMIT_FSIZE] = "fsize",
    [RLIMIT_LOCKS] = "locks",
    [RLIMIT_MEMLOCK] = "memlock",
    [RLIMIT_MSGQUEUE] = "msgqueue",
    [RLIMIT_NICE] = "nice",
    [RLIMIT_NOFILE] = "nofile",
    [RLIMIT_NPROC] = "nproc",
    [RLIMIT_RSS] = "rss",
    [RLIMIT_RTPRIO] = "rtprio",
    [RLIMIT_RTTIME] = "rttime",
    [RLIMIT_SIGPENDING] = "sigpending",
    [RLIMIT_STACK] = "stack",
};

int rlimit_number(const char *name)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

rlim_t rlimit_raise(int resource, rlim_t value)
{
    struct rlimit limit;
    rlim_t most;

    if (getrlimit(resource, &limit) != 0)
        err(1, "cannot read the resource limit %s", names[resource]);
    if (limit.rlim_cur >= value)
        return limit.rlim_cur;
    most = limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = value, .rlim_max = most < value ? value : most};
    return setrlimit(resource, &limit) == 0 ? value : most;
}

const char *rlimits_allow_jail(void)
{
    static char why[160];
    const rlim_t most = rlimit_raise(RLIMIT_NOFILE, OPEN_FILES);

    if (most >= OPEN_FILES)
        return NULL;
    snprintf(why, sizeof(why),
             "cannot start a jail: it needs %d open files, and this user's limit is %llu; have it "
             "raised (nofile in /etc/security/limits.conf)",
             OPEN_FILES, (unsigned long long)most);
    return why;
}

/* Lowers a limit. A lower one stays: an ordinary user could not raise it. */
static void limit(int resource, rlim_t value)
{
    struct rlimit old, new = {value, value};

    if (getrlimit(resource, &old) == 0 && old.rlim_max < value)
        new.rlim_cur = new.rlim_max = old.rlim_max;
    if (setrlimit(resource, &new) != 0)
        err(1, "cannot set the resource limit %s to %llu", names[resource],
            (unsigned long long)value);
}

/* Returns the resource that the user names; sets its value. */
static int parse_limit(const struct setting *setting, rlim_t *value)
{
    const int resource = rlimit_number(setting->name);
    char *end;

    errno = 0;
    *value = strtoull(setting->value, &end, 10);
    if (!isdigit((unsigned char)*setting->value) || *end != '\0' || errno != 0)
        errx(1, "--resource-limit %s=%s: expected a whole number", setting->name, setting->value);
    if (resource < 0)
        errx(1, "--resource-limit %s: no such limit; there are " RLIMIT_NAMES, setting->name);
    return resource;
}

void rlimits_check(const struct settings *limits)
{
    rlim_t value;

    for (unsigned i = 0; i < limits->count; i++)
        parse_limit(&limits->list[i], &value);
}

/* Of what reads a stranger's tree, and maps at most its image. */
static void limit_reading(const struct jail *jail)
{
    limit(RLIMIT_FSIZE, jail->tree->image_limit);
    limit(RLIMIT_DATA, 2ul << 30); /* mkfs.erofs takes 4.4 KiB for each entry of the tree */
    limit(RLIMIT_STACK, 64 << 20); /* and 9 KiB for each level */
    limit(RLIMIT_CPU, 300);
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
    limit(RLIMIT_NOFILE, OPEN_FILES);
    if (jail->role & (PACKER | DIGESTER)) {
        limit_reading(jail);
        return;
    }
    limit(RLIMIT_FSIZE, 1 << 30); /* the console may go to a file */
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
    .what = "core 0, 128 descriptors, files and memory",
    .roles = EVERY_ROLE,
    .close = set_limits,
};
