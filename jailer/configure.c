/*
 * Configures the VM. It is told when the VMM has been started: to say which CPUID leaves it
 * supports, KVM executes hundreds of CPUID instructions, each a trap if the host is itself a
 * virtual machine (0.3 ms in all), while the VMM closes its locks.
 */
#include "configure.h"

#include "kvm.h"
#include "linux.h"
#include "processor.h"

#include "policy/fds.h"
#include "vmm/config.h"

#include <cpuid.h>
#include <err.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BRAND_FIRST 0x80000002u
#define BRAND_LAST  0x80000004u

/* EPIPE: the VMM has ended, which the supervisor notices. */
static void tell(int config_pipe, const void *part, size_t size)
{
    if (write(config_pipe, part, size) != (ssize_t)size && errno != EPIPE)
        err(1, "cannot send the VMM its configuration");
}

void configure_vm(struct jail *vmm, struct config *config)
{
    const struct options *options = vmm->options;
    struct stat status;

    *config = (struct config){
        .version = CONFIG_VERSION,
        .guest = options->is_linux ? GUEST_LINUX : GUEST_FLAT,
        .memory_size = options->memory_bytes,
        .lock_memory = options->lock_memory,
        .held = is_held(options),
        .stats = vmm->stats,
        .image_count = 1,
        .images = {{.kind = IMAGE_FLAT, .fd = VMM_FD_GUEST}},
    };
    if (fstat(vmm->fds[VMM_FD_GUEST], &status) != 0)
        err(1, "cannot see the size of the guest image %s (--guest)", options->guest);
    if (!S_ISREG(status.st_mode))
        errx(1, "the guest image %s is not a regular file (--guest)", options->guest);
    config->images[0].size = (uint64_t)status.st_size;
    config->cap_count = kvm_offered_caps(vmm->fds[VMM_FD_KVM], options, config->caps);
    if (config->guest == GUEST_LINUX)
        linux_furnish(vmm, config);
}

void configure_send(const struct jail *vmm, const struct config *config, int config_pipe)
{
    struct config_processor processor = {.leaf_count = CPUID_LEAVES_MAX};

    close(vmm->fds[VMM_FD_CONFIG]); /* or writing would wait for a VMM that has ended */
    tell(config_pipe, config, sizeof(*config));
    if (syscall(SYS_ioctl, vmm->fds[VMM_FD_KVM], KVM_GET_SUPPORTED_CPUID, &processor) != 0)
        err(1, "KVM does not say which CPUID leaves it supports");
    processor_restrict(processor.leaves, processor.leaf_count);
    for (uint32_t i = 0; i < processor.leaf_count; i++) {
        struct kvm_cpuid_entry2 *leaf = &processor.leaves[i];

        /* KVM leaves the brand string's three leaves empty */
        if (leaf->function >= BRAND_FIRST && leaf->function <= BRAND_LAST)
            __cpuid(leaf->function, leaf->eax, leaf->ebx, leaf->ecx, leaf->edx);
    }
    tell(config_pipe, &processor,
         offsetof(struct config_processor, leaves) +
             processor.leaf_count * sizeof(processor.leaves[0]));
}
