/*
 * What the jailer itself asks of KVM: that it is there, and what of the host's processor it offers
 * to a guest. That answer takes KVM hundreds of CPUID instructions, each a trap if the host is a
 * virtual machine itself (0.7 ms in all), so it is fetched here while the jails close their locks.
 */
#include "kvm.h"

#include "vmm/start.h"

#include <cpuid.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BRAND_FIRST 0x80000002u
#define BRAND_LAST  0x80000004u

int kvm_open(void)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0 && errno == EACCES)
        errx(
            1,
            "/dev/kvm: permission denied; join its group (usermod -aG kvm USER, then log in anew)");
    if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
        errx(1,
             "/dev/kvm: %s; load the module kvm_intel or kvm_amd and switch virtualization on in "
             "the firmware",
             strerror(errno));
    if (fd < 0)
        err(1, "cannot open /dev/kvm");
    return fd;
}

void kvm_tell_processor(int kvm, int start)
{
    struct start_message message = {.leaf_count = CPUID_LEAVES_MAX};
    size_t size;

    if (syscall(SYS_ioctl, kvm, KVM_GET_SUPPORTED_CPUID, &message) != 0)
        err(1, "KVM does not say which CPUID leaves it supports");
    for (uint32_t i = 0; i < message.leaf_count; i++) {
        struct kvm_cpuid_entry2 *leaf = &message.leaves[i];

        /* KVM leaves the brand string's three leaves empty */
        if (leaf->function >= BRAND_FIRST && leaf->function <= BRAND_LAST)
            __cpuid(leaf->function, leaf->eax, leaf->ebx, leaf->ecx, leaf->edx);
    }
    size = offsetof(struct start_message, leaves) + message.leaf_count * sizeof(message.leaves[0]);
    /* a VMM that is gone is noticed by its supervisor */
    if (write(start, &message, size) != (ssize_t)size && errno != EPIPE)
        err(1, "cannot tell the VMM which processor its guest has");
}
