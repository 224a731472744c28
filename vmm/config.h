/*
 * The configuration of a VM, which the jailer writes to the pipe VMM_FD_CONFIG: a struct config; a
 * struct config_processor, once KVM has told the jailer what it supports; and the end of the pipe,
 * when all other processes of the VM are confined and the guest may start. A VMM that is held then
 * writes a byte to VMM_FD_START, a socket, which says that the VM is built; the supervisor answers
 * with another when the guest is to start.
 */
#ifndef SPARKLER_VMM_CONFIG_H
#define SPARKLER_VMM_CONFIG_H

#include "linux.h"

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_VERSION    5u /* covers this file and the VMM's descriptors in policy/fds.h */
#define CONFIG_IMAGES_MAX (LINUX_MOUNTS_MAX + 2) /* with the kernel and struct linux_config */
#define CONFIG_CAPS_MAX   4
#define SIGNAL_FORWARDED                                                                           \
    40 /* realtime, so that each arrives: its value is a signal for the guest */
#define CPUID_LEAVES_MAX 256 /* KVM_MAX_CPUID_ENTRIES in Linux, arch/x86/include/asm/kvm_host.h */

enum guest_kind {
    GUEST_FLAT,  /* one IMAGE_FLAT, which starts in real mode */
    GUEST_LINUX, /* a kernel, which is one too, and the IMAGE_MAPPED (linux.h) */
    GUEST_KINDS
};

enum image_kind {
    IMAGE_FLAT,   /* a binary without a header, which starts in real mode; the first image */
    IMAGE_MAPPED, /* a file that is mapped read-only at its address */
};

/* A file to load or map into the guest's memory. */
struct config_image {
    uint32_t kind;    /* enum image_kind */
    int32_t fd;       /* read-only */
    uint64_t size;    /* bytes */
    uint64_t address; /* guest-physical, of an IMAGE_MAPPED; whole pages */
};

/* A capability of KVM to enable for this VM (KVM_ENABLE_CAP). */
struct config_cap {
    uint32_t number, padding; /* KVM_CAP_… */
    uint64_t argument;
};

struct config {
    uint32_t version;     /* CONFIG_VERSION */
    uint32_t guest;       /* enum guest_kind */
    uint64_t memory_size; /* bytes of the guest's memory */
    uint32_t lock_memory; /* 1: allocated at the start and never swapped; else 0 */
    uint32_t image_count; /* valid entries in `images` */
    uint32_t cap_count;
    uint32_t held;  /* 1: by VMM_FD_START; else 0 */
    uint32_t stats; /* 1: the jailer takes KVM's counters of the vCPU, VMM_FD_STATS; else 0 */
    uint32_t no_readahead; /* 1: images are not read ahead (jailer/linux.c); else 0 */
    uint64_t image_bytes;  /* of guest-physical memory for images, from LINUX_TIME on */
    struct config_image images[CONFIG_IMAGES_MAX];
    struct config_cap caps[CONFIG_CAPS_MAX];
};

/* As KVM_GET_SUPPORTED_CPUID fills it and KVM_SET_CPUID2 takes it (Documentation/virt/kvm/api.rst).
 * Only the first `leaf_count` leaves are sent. */
struct config_processor {
    uint32_t leaf_count, padding; /* struct kvm_cpuid2 */
    struct kvm_cpuid_entry2 leaves[CPUID_LEAVES_MAX];
};

_Static_assert(sizeof(struct config) == 48 + 24 * CONFIG_IMAGES_MAX + 16 * CONFIG_CAPS_MAX,
               "no padding but the fields of that name");
_Static_assert(offsetof(struct config_processor, leaves) == sizeof(struct kvm_cpuid2),
               "the layout of struct kvm_cpuid2");

/*
 * For the VMM: each reads the next part from VMM_FD_CONFIG, and exits by err(3) if that is
 * truncated, malformed or of another version.
 */
void config_read(struct config *config);
void config_read_processor(struct config_processor *processor);

/* Waits for the end of the pipe and, if held, for the supervisor's word. */
void config_await_start(const struct config *config);

#endif
