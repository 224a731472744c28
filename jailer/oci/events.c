/* sparkler-oci events: what a container uses, in runc's form, from its cgroup. */
#include "command.h"
#include "container.h"
#include "group.h"
#include "log.h"

#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS 5000                  /* runc's */
#define TICK_NS     (1000000000ull / 100) /* of cpuacct.stat: USER_HZ is 100 on x86 */

/* The number in a file of the cgroup, or behind a name at the start of one of its lines; 0 if there
 * is none, as in "max". */
static unsigned long long number_in(const struct group *group, const char *controller,
                                    const char *file, const char *name)
{
    char text[8192], *line;

    group_read(group, controller, file, text, sizeof(text));
    if (!name)
        return strtoull(text, NULL, 10);
    for (line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ')
            return strtoull(line + strlen(name), NULL, 10);
    }
    return 0;
}

static void add_number(struct json_object *object, const char *name, unsigned long long number)
{
    json_object_object_add(object, name, json_object_new_uint64(number));
}

static struct json_object *add_new(struct json_object *object, const char *name)
{
    struct json_object *new = json_object_new_object();

    json_object_object_add(object, name, new);
    return new;
}

static void add_cpu(struct json_object *data, const struct group *group)
{
    struct json_object *cpu = add_new(data, "cpu"), *usage = add_new(cpu, "usage");
    struct json_object *throttling = add_new(cpu, "throttling");

    if (group->v2) {
        add_number(usage, "total", 1000 * number_in(group, "", "cpu.stat", "usage_usec"));
        add_number(usage, "user", 1000 * number_in(group, "", "cpu.stat", "user_usec"));
        add_number(usage, "kernel", 1000 * number_in(group, "", "cpu.stat", "system_usec"));
    } else {
        add_number(usage, "total", number_in(group, "cpuacct", "cpuacct.usage", NULL));
        add_number(usage, "user", TICK_NS * number_in(group, "cpuacct", "cpuacct.stat", "user"));
        add_number(usage, "kernel",
                   TICK_NS * number_in(group, "cpuacct", "cpuacct.stat", "system"));
    }
    add_number(throttling, "periods", number_in(group, "cpu", "cpu.stat", "nr_periods"));
    add_number(throttling, "throttledPeriods", number_in(group, "cpu", "cpu.stat", "nr_throttled"));
}

static void add_memory(struct json_object *data, const struct group *group)
{
    struct json_object *memory = add_new(data, "memory"), *usage = add_new(memory, "usage");
    const bool v2 = group->v2;

    add_number(usage, "usage",
               number_in(group, "memory", v2 ? "memory.current" : "memory.usage_in_bytes", NULL));
    add_number(usage, "max",
               number_in(group, "memory", v2 ? "memory.peak" : "memory.max_usage_in_bytes", NULL));
    add_number(usage, "limit",
               number_in(group, "memory", v2 ? "memory.max" : "memory.limit_in_bytes", NULL));
    add_number(usage, "failcnt",
               v2 ? number_in(group, "memory", "memory.events", "max")
                  : number_in(group, "memory", "memory.failcnt", NULL));
    add_number(memory, "cache",
               number_in(group, "memory", "memory.stat", v2 ? "file" : "total_cache"));
}

static void add_pids(struct json_object *data, const struct group *group)
{
    struct json_object *pids = add_new(data, "pids");

    add_number(pids, "current", number_in(group, "pids", "pids.current", NULL));
    add_number(pids, "limit", number_in(group, "pids", "pids.max", NULL));
}

static void print_stats(const struct container *container, const struct group *group)
{
    struct json_object *event = json_object_new_object(), *data;

    json_object_object_add(event, "type", json_object_new_string("stats"));
    json_object_object_add(event, "id", json_object_new_string(container->id));
    data = add_new(event, "data");
    add_cpu(data, group);
    add_memory(data, group);
    add_pids(data, group);
    puts(json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN));
    fflush(stdout);
    json_object_put(event);
}

/* As runc takes it: "5s", or milliseconds: "500ms". */
static int interval_of(const char *text)
{
    char *unit;
    const long number = strtol(text, &unit, 10);
    const long ms = strcmp(unit, "ms") == 0 ? number : 1000 * number;

    if (number < 1 || number > 86400 || (strcmp(unit, "s") != 0 && strcmp(unit, "ms") != 0))
        fail("--interval %s: expected a number of seconds, such as 5s, or of milliseconds, such as "
             "500ms",
             text);
    return (int)ms;
}

int events_command(const struct globals *globals, int argc, char **argv)
{
    static const struct option options[] = {
        {"stats", no_argument, NULL, 's'}, {"interval", required_argument, NULL, 'i'}, {0}};
    struct container container;
    enum status status;
    struct group group;
    bool once = false;
    int interval = INTERVAL_MS;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+:", options, NULL)) != -1;)
        if (option == 's')
            once = true;
        else if (option == 'i')
            interval = interval_of(optarg);
        else
            fail("events %s: expected --stats or --interval", argv[optind - 1]);
    if (argc - optind != 1)
        fail("events: expected a container ID and nothing else");
    if (!container_open(&container, globals->root, argv[optind], false))
        fail("container %s does not exist", argv[optind]);
    status = container_status(&container);
    if (status == STATUS_STOPPED || status == STATUS_CREATING)
        fail("cannot tell what container %s uses: it is %s", container.id,
             container_status_name(status));
    group = container_group(&container);
    if (group.path[0] == '\0')
        fail("cannot tell what container %s uses: this user has no cgroups", container.id);
    do
        print_stats(&container, &group);
    while (!once && poll(NULL, 0, interval) == 0 && container_status(&container) != STATUS_STOPPED);
    return 0;
}
