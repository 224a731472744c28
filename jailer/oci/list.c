/* sparkler-oci list, ps, features: what there is. */
#include "command.h"
#include "container.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct format {
    bool json, quiet;
    const char *id; /* the argument behind the options, or NULL */
};

static struct format parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, {"quiet", no_argument, NULL, 'q'}, {0}};
    struct format format = {.json = false};

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "+:f:q", options, NULL)) != -1;)
        if (option == 'q')
            format.quiet = true;
        else if (option == 'f' && (strcmp(optarg, "json") == 0 || strcmp(optarg, "table") == 0))
            format.json = strcmp(optarg, "json") == 0;
        else
            fail("%s %s: expected --format table or json, or --quiet", argv[0], argv[optind - 1]);
    format.id = argv[optind];
    return format;
}

static const char *text_of(const struct container *container, const char *name)
{
    struct json_object *value = container_member(container, name);

    return value ? json_object_get_string(value) : "";
}

/* One container: a line of the table, its name, or an element of the array. */
static void list_one(const struct container *container, const struct format *format,
                     struct json_object *array)
{
    const enum status status = container_status(container);
    const pid_t pid = status == STATUS_STOPPED ? 0 : container->process.pid;

    if (format->quiet)
        puts(container->id);
    else if (format->json)
        json_object_array_add(array, container_describe(container, status));
    else
        printf("%-24s %-8d %-10s %-40s %s\n", container->id, pid, container_status_name(status),
               text_of(container, "bundle"), text_of(container, "created"));
}

int list_command(const struct globals *globals, int argc, char **argv)
{
    const struct format format = parse(argc, argv);
    struct json_object *array = json_object_new_array();
    DIR *directory = opendir(globals->root);
    struct dirent *entry;

    if (format.id)
        fail("list: takes no arguments");
    if (!directory && errno != ENOENT) /* which it is before the first container */
        fail("cannot list the containers in %s: %s (--root)", globals->root, strerror(errno));
    if (!format.quiet && !format.json)
        printf("%-24s %-8s %-10s %-40s %s\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED");
    while (directory && (entry = readdir(directory)) != NULL) {
        struct container container;

        if (!container_is_id(entry->d_name) ||
            !container_open(&container, globals->root, entry->d_name, false))
            continue;
        list_one(&container, &format, array);
        json_object_put(container.state);
        close(container.directory);
    }
    if (directory)
        closedir(directory);
    if (format.json && !format.quiet)
        puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN |
                                                       JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(array);
    return 0;
}

/* Adds a process and those that it has started. */
static void add_process(struct json_object *array, pid_t pid)
{
    char path[64];
    FILE *children;
    int child;

    json_object_array_add(array, json_object_new_int(pid));
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    children = fopen(path, "re");
    while (children && fscanf(children, "%d", &child) == 1)
        add_process(array, child);
    if (children)
        fclose(children);
}

static void print_process(pid_t pid)
{
    char path[64], name[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    file = fopen(path, "re");
    if (!file || !fgets(name, sizeof(name), file))
        name[0] = '\0';
    if (file)
        fclose(file);
    name[strcspn(name, "\n")] = '\0';
    printf("%-8d %s\n", pid, name);
}

int ps_command(const struct globals *globals, int argc, char **argv)
{
    const struct format format = parse(argc, argv);
    struct json_object *array = json_object_new_array();
    struct container container;

    if (!format.id)
        fail("ps: expected a container ID");
    if (!container_open(&container, globals->root, format.id, false))
        fail("container %s does not exist", format.id);
    if (container_status(&container) != STATUS_STOPPED && container.process.pid > 0)
        add_process(array, container.process.pid);
    if (format.json)
        puts(json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN));
    else
        puts("PID      PROCESS (of the VM; its program's are inside)");
    for (size_t i = 0; !format.json && i < json_object_array_length(array); i++)
        print_process(json_object_get_int(json_object_array_get_idx(array, i)));
    json_object_put(array);
    return 0;
}

/* In the form of the specification's "Features Structure". */
int features_command(const struct globals *globals, int argc, char **argv)
{
    (void)globals;
    if (argc != 1)
        fail("%s: takes no arguments", argv[0]);
    puts("{\n"
         "  \"ociVersionMin\": \"1.0.0\",\n"
         "  \"ociVersionMax\": \"1.2.0\",\n"
         "  \"hooks\": [\"prestart\", \"createRuntime\", \"createContainer\", \"poststart\", "
         "\"poststop\"],\n"
         "  \"mountOptions\": [\"bind\", \"rbind\", \"ro\"],\n"
         "  \"linux\": {\n"
         "    \"namespaces\": [\"cgroup\", \"ipc\", \"mount\", \"network\", \"pid\", \"user\", "
         "\"uts\"],\n"
         "    \"cgroup\": {\"v1\": true, \"v2\": true, \"systemd\": true, \"systemdUser\": "
         "false},\n"
         "    \"seccomp\": {\"enabled\": false},\n"
         "    \"apparmor\": {\"enabled\": false},\n"
         "    \"selinux\": {\"enabled\": false}\n"
         "  },\n"
         "  \"annotations\": {\"org.sparkler.version\": \"" SPARKLER_VERSION "\"}\n"
         "}");
    return 0;
}

/* What other runtimes have, and a VM of ours cannot do. */
int unsupported_command(const struct globals *globals, int argc, char **argv)
{
    (void)globals;
    (void)argc;
    if (strcmp(argv[0], "exec") == 0)
        fail("exec: a VM has one program, and nothing outside can start another; have the program "
             "do it, or start another container");
    fail("%s: a VM cannot do that", argv[0]);
}
