/*
 * Any bytes as config.json are refused in words, or satisfy all that the runtime relies on: paths
 * that start at the root and have no way up, arguments, numbers within their bounds.
 */
#include "jailer/oci/config.h"

#include "clean.h"

#include <stdint.h>
#include <string.h>

static void must_be_path(const char *path)
{
    must(path && path[0] == '/', "a path starts at the root");
}

static void must_be_whole(const struct config *config)
{
    must(config->document && config->version && config->rootfs, "the whole is there");
    must(config->args && config->args[0] && config->env, "there are arguments");
    must_be_path(config->cwd);
    must(config->mount_count <= CONFIG_MOUNTS, "mounts are bounded");
    for (unsigned i = 0; i < config->mount_count; i++) {
        const struct config_mount *mount = &config->mounts[i];

        must_be_path(mount->destination);
        must(!strstr(mount->destination, "/../"), "a destination has no way up");
        if (mount->kind == MOUNT_COPY)
            must_be_path(mount->source);
    }
    must(config->memory == 0 || config->memory >= 4 << 20, "memory is enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    struct config config;

    config_read(&config, &reading, (const char *)data, size, 0);
    if (reading.error[0] == '\0')
        must_be_whole(&config);
    must(memchr(reading.error, '\0', sizeof(reading.error)) != NULL, "a mistake ends");
    config_free(&config);
    return 0;
}
