/* Opens /dev/kvm, and finds which of its capabilities limit what KVM does for a guest. */
#include "kvm.h"

#include "jail.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int kvm_open(void)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0 && errno == EACCES)
        errx(1, "/dev/kvm: permission denied; join its group (usermod -aG kvm USER, then log in "
                "again)");
    if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
        errx(1,
             "/dev/kvm: %s; load the module kvm_intel or kvm_amd and switch virtualization on in "
             "the firmware",
             strerror(errno));
    if (fd < 0)
        err(1, "cannot open /dev/kvm");
    return fd;
}

/* Those of KVM's departures from the processor that serve no guest of today: it would patch a
 * guest's hypercall instruction, allow MWAIT where CPUID has none, enable an interrupt line at
 * reset. */
#define UNUSED_QUIRKS                                                                              \
    (KVM_X86_QUIRK_LINT0_REENABLED | KVM_X86_QUIRK_LAPIC_MMIO_HOLE |                               \
     KVM_X86_QUIRK_OUT_7E_INC_RIP | KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT |                           \
     KVM_X86_QUIRK_FIX_HYPERCALL_INSN | KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS)

enum cap { COUNTERS, BUS_LOCKS, EVENT_WINDOWS, QUIRKS, CAPS };

/* The argument of KVM_ENABLE_CAP, and the bits of KVM_CHECK_EXTENSION that say that KVM takes it
 * (Documentation/virt/kvm/api.rst). */
static const struct {
    uint32_t number, offered;
    uint64_t argument;
} caps[CAPS] = {
    [COUNTERS] = {KVM_CAP_PMU_CAPABILITY, KVM_PMU_CAP_DISABLE, KVM_PMU_CAP_DISABLE},
    [BUS_LOCKS] = {KVM_CAP_X86_BUS_LOCK_EXIT, KVM_BUS_LOCK_DETECTION_EXIT,
                   KVM_BUS_LOCK_DETECTION_EXIT},
    /* a window of the least size, in the upper half: the processor adds what it needs */
    [EVENT_WINDOWS] = {KVM_CAP_X86_NOTIFY_VMEXIT, 1,
                       KVM_X86_NOTIFY_VMEXIT_ENABLED | KVM_X86_NOTIFY_VMEXIT_USER},
    [QUIRKS] = {KVM_CAP_DISABLE_QUIRKS2, UNUSED_QUIRKS, UNUSED_QUIRKS},
};

_Static_assert(CAPS <= CONFIG_CAPS_MAX, "all fit the configuration");

static bool offers(int kvm, enum cap cap)
{
    int offered = ioctl(kvm, KVM_CHECK_EXTENSION, caps[cap].number);

    if (offered < 0)
        errx(1, "/dev/kvm is not KVM; expected the character device 10:232");
    return offered > 0 && ((uint32_t)offered & caps[cap].offered) == caps[cap].offered;
}

/* A program on the host may lock across cache lines, and so may one in a VM. */
static bool serves(enum cap cap, const struct options *options)
{
    return cap != BUS_LOCKS || !options->is_linux;
}

uint32_t kvm_offered_caps(int kvm, const struct options *options,
                          struct config_cap offered[CONFIG_CAPS_MAX])
{
    uint32_t count = 0;

    for (enum cap cap = 0; cap < CAPS; cap++)
        if (serves(cap, options) && offers(kvm, cap))
            offered[count++] =
                (struct config_cap){.number = caps[cap].number, .argument = caps[cap].argument};
    return count;
}

/* For --explain. */
static const char *lacks(enum cap cap, const char *why)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    bool is_offered;

    if (kvm < 0)
        return "cannot ask /dev/kvm";
    is_offered = offers(kvm, cap);
    close(kvm);
    return is_offered ? NULL : why;
}

static const char *lacks_bus_locks(const struct jail *jail)
{
    if (!serves(BUS_LOCKS, jail->options))
        return "a Linux program may make them, as on the host";
    return lacks(BUS_LOCKS, "KVM cannot detect them on this processor");
}

static const char *lacks_event_windows(const struct jail *jail)
{
    (void)jail;
    return lacks(EVENT_WINDOWS, "KVM cannot bound them on this processor");
}

static const char *lacks_quirks(const struct jail *jail)
{
    (void)jail;
    return lacks(QUIRKS, "this kernel cannot turn all of them off");
}

/* The VMM closes these on the machine, before its vCPU runs (vmm/machine.c). */
const struct lock lock_processor = {
    .name = "processor",
    .what = "nested virtualization, SGX, most MSRs",
    .roles = VMM,
};

const struct lock lock_bus_locks = {
    .name = "bus locks",
    .what = "accesses that stall all other processors",
    .roles = VMM,
    .skipped = lacks_bus_locks,
};

const struct lock lock_event_windows = {
    .name = "event windows",
    .what = "code that never lets an interrupt in",
    .roles = VMM,
    .skipped = lacks_event_windows,
};

const struct lock lock_quirks = {
    .name = "quirks",
    .what = "KVM's departures from the processor",
    .roles = VMM,
    .skipped = lacks_quirks,
};
