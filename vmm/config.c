/* Reads the VM's configuration from the jailer's pipe. */
#include "config.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <unistd.h>

/* Reads `size` bytes, fewer only at the end of the pipe; returns how many. */
static size_t read_pipe(void *bytes, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ssize_t more = read(VMM_FD_CONFIG, (uint8_t *)bytes + got, size - got);

        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0 && errno == EBADF)
            errx(1, "not started by the jailer: use jailer --exec sparkler-vmm");
        if (more < 0)
            err(1, "cannot read the VM's configuration");
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return got;
}

static void read_part(void *bytes, size_t size)
{
    if (read_pipe(bytes, size) != size)
        errx(1, "the jailer ended before it had sent the whole configuration");
}

void config_read(struct config *config)
{
    read_part(config, sizeof(*config));
    if (config->version != CONFIG_VERSION)
        errx(1, "the jailer's configuration has version %u, not %u: install both from one build",
             config->version, CONFIG_VERSION);
    if (config->guest >= GUEST_KINDS)
        errx(1, "unknown kind of guest: %u", config->guest);
    if (config->image_count > CONFIG_IMAGES_MAX)
        errx(1, "%u images; at most %d are supported", config->image_count, CONFIG_IMAGES_MAX);
    if (config->image_bytes > LINUX_PHYSICAL_MAX - LINUX_TIME)
        errx(1, "%llu bytes for images; at most %llu are supported",
             (unsigned long long)config->image_bytes, LINUX_PHYSICAL_MAX - LINUX_TIME);
    if (config->cap_count > CONFIG_CAPS_MAX)
        errx(1, "%u capabilities of KVM; at most %d are supported", config->cap_count,
             CONFIG_CAPS_MAX);
}

void config_read_processor(struct config_processor *processor)
{
    read_part(processor, offsetof(struct config_processor, leaves));
    if (processor->leaf_count > CPUID_LEAVES_MAX)
        errx(1, "%u CPUID leaves; KVM takes at most %d", processor->leaf_count, CPUID_LEAVES_MAX);
    read_part(processor->leaves, processor->leaf_count * sizeof(processor->leaves[0]));
}

/* Says that the VM is built, and waits for the word that starts its guest. */
static void await_word(void)
{
    char word;
    ssize_t n;

    if (write(VMM_FD_START, "", 1) != 1)
        err(1, "cannot tell the supervisor that the VM is built");
    while ((n = read(VMM_FD_START, &word, 1)) < 0 && errno == EINTR)
        continue;
    if (n != 1)
        errx(1, "the supervisor ended before the guest was to start");
}

void config_await_start(const struct config *config)
{
    char none;

    if (read_pipe(&none, sizeof(none)) != 0)
        errx(1, "the jailer's configuration is longer than version %u's", CONFIG_VERSION);
    if (config->held)
        await_word();
}
