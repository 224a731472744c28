/* What of a config.json becomes a VM: values, defaults, and what is passed over. What is refused is
 * in oci.bats. */
#include "jailer/oci/config.h"
#include "jailer/oci/settings.h"

#include "tap.h"

#include <string.h>

#define PROCESS "\"process\": {\"cwd\": \"/\", \"args\": [\"a\"]}, \"root\": {\"path\": \"r\"}"
#define NETWORK "\"namespaces\": [{\"type\": \"network\"}]"

static struct config config;
static struct reading reading;

/* Reads a document with these members beside those that each must have; the last one's config
 * stays. */
static const struct config *read_with(const char *members, const char *linux_members)
{
    char json[4096];

    config_free(&config);
    reading = (struct reading){0};
    snprintf(json, sizeof(json),
             "{\"ociVersion\": \"1.0.2\", " PROCESS "%s, \"linux\": {" NETWORK "%s}}", members,
             linux_members);
    config_read(&config, &reading, json, strlen(json), 0);
    if (reading.error[0] != '\0')
        printf("# %s\n", reading.error);
    return &config;
}

static bool is_good(void)
{
    return reading.error[0] == '\0';
}

static void test_defaults(void)
{
    const struct config *least = read_with("", "");

    ok(is_good(), "the least that is accepted");
    ok(strcmp(least->args[0], "a") == 0 && !least->args[1] && !least->env[0], "arguments end");
    ok(!least->terminal && !least->is_read_only && !least->hostname, "nothing is asked for");
    ok(least->uid == 0 && least->gid == 0 && least->memory == 0 && !least->network, "no limits");
    ok(least->mount_count == 0 && !least->cgroup.path, "no mounts, no cgroup");
}

static void test_mounts(void)
{
    const struct config *mounts = read_with(
        ", \"mounts\": ["
        "{\"destination\": \"/proc\", \"type\": \"proc\"},"
        "{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"options\": [\"size=1m\"]},"
        "{\"destination\": \"/dev/shm\", \"type\": \"bind\", \"source\": \"/shm\"},"
        "{\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup2\"},"
        "{\"destination\": \"/etc/hosts\", \"type\": \"bind\", \"source\": \"/hosts\"},"
        "{\"destination\": \"/data\", \"source\": \"/d\", \"options\": [\"rbind\", \"ro\"]},"
        "{\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"options\": [\"nodev\", \"size=8m\"]}]",
        "");

    ok(is_good() && mounts->mount_count == 3, "what the guest has by itself is passed over");
    ok(mounts->mounts[0].kind == MOUNT_COPY && strcmp(mounts->mounts[0].source, "/hosts") == 0,
       "an engine's file is copied, though it may be written to");
    ok(mounts->mounts[1].kind == MOUNT_COPY && strcmp(mounts->mounts[1].destination, "/data") == 0,
       "a directory to be read is copied, with or without a type");
    ok(mounts->mounts[2].kind == MOUNT_TMPFS &&
           json_object_array_length(mounts->mounts[2].options) == 2,
       "a tmpfs has its options");
    ok(mount_option_is_kept("size=8m") && mount_option_is_kept("size=50%") &&
           mount_option_is_kept("mode=01777") && mount_option_is_kept("ro") &&
           !mount_option_is_kept("nodev") && !mount_option_is_kept("mode=8") &&
           !mount_option_is_kept("uid=") && !mount_option_is_kept("size=8mm"),
       "those of them that a guest has a use for");
}

static void test_limits(void)
{
    const struct config *limits =
        read_with("", ", \"cgroupsPath\": \"/c\", \"resources\": {\"memory\": {\"limit\": 8388608},"
                      "\"cpu\": {\"shares\": 2, \"quota\": -1, \"period\": 7, \"cpus\": \"0\"}}");

    ok(is_good() && limits->memory == 8388608, "the limit of memory");
    ok(limits->cgroup.cpu_shares == 2 && limits->cgroup.cpu_quota == -1 &&
           limits->cgroup.cpu_period == 7 && strcmp(limits->cgroup.cpus, "0") == 0,
       "those of the processor");
    ok(read_with("", ", \"resources\": {\"memory\": {\"limit\": -1}}")->memory == 0 && is_good(),
       "-1 is no limit");
    ok(read_with("", ", \"resources\": {\"memory\": {\"limit\": 1099511627776}}")->memory ==
               255ll << 30 &&
           is_good(),
       "a limit beyond what a VM can have is all that it can have");
}

static void test_without(void)
{
    const char *const device = ", \"devices\": [{\"path\": \"/dev/fuse\"}]";

    read_with("", device);
    ok(!is_good() && strstr(reading.error, "linux.devices[0]"), "a device is a mistake");
    read_with(", \"annotations\": {\"sparkler.without\": \"devices\"}", device);
    ok(is_good() && config.without == WITHOUT_DEVICES, "unless the container goes without");
    read_with("", ", \"devices\": [{\"path\": \"/dev/null\"}]");
    ok(is_good(), "the guest has /dev/null");
}

int main(void)
{
    test_defaults();
    test_mounts();
    test_limits();
    test_without();
    config_free(&config);
    return done();
}
