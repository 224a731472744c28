/* Sets up KVM; no other file does. All of this happens before the lock-down. */
#include "machine.h"

#include "linux.h"
#include "msrs.h"
#include "policy/fds.h"

#include <err.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Three pages in the hole that KVM needs on Intel processors without "unrestricted guest". */
#define TSS_ADDRESS 0xfffbd000ul

#define HUGE_PAGE (2ul << 20)

/*
 * ioctl(2) for requests that pass a structure. musl takes the request as an int and would
 * sign-extend some of them; the policy compares all 64 bits.
 */
static int request(int fd, unsigned long number, const void *structure)
{
    return (int)syscall(SYS_ioctl, fd, number, structure);
}

static void check_api(void)
{
    int version = ioctl(VMM_FD_KVM, KVM_GET_API_VERSION, 0);

    if (version < 0)
        err(1, "the descriptor named 'kvm' is not /dev/kvm");
    if (version != KVM_API_VERSION)
        errx(1, "/dev/kvm has API version %d, not %d: a newer kernel is needed", version,
             KVM_API_VERSION);
}

/* The policy `vmm` can tell descriptors only by their numbers. */
static void check_number(int fd, int expected, const char *what)
{
    if (fd < 0)
        err(1, "KVM cannot create %s", what);
    if (fd != expected)
        errx(1, "KVM created %s as descriptor %d, not %d: too many or too few were handed over",
             what, fd, expected);
}

uint8_t *machine_map(uint64_t size, bool huge)
{
    uint8_t *room = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED)
        return NULL;
    room += -(uintptr_t)room % HUGE_PAGE;
    if (huge)
        madvise(room, size, MADV_HUGEPAGE); /* fails where the kernel has none */
    return room;
}

static void map_memory(struct machine *machine, const struct config *config)
{
    const uint64_t size = config->memory_size;

    if (size == 0 || size > LINUX_RAM_MAX || size % MACHINE_PAGE != 0)
        errx(1,
             "the guest's memory is %llu bytes: it must be a positive multiple of %llu, at most "
             "%llu",
             (unsigned long long)size, MACHINE_PAGE, LINUX_RAM_MAX);

    machine->memory = machine_map(size, config->guest == GUEST_LINUX);
    if (!machine->memory || (config->lock_memory && mlock(machine->memory, size) != 0))
        err(1, "cannot %s the guest's memory of %llu bytes", machine->memory ? "lock" : "map",
            (unsigned long long)size);
    machine->memory_size = size;

    /* Keep the guest's data out of our core dumps. */
    if (madvise(machine->memory, size, MADV_DONTDUMP) != 0)
        err(1, "cannot exclude the guest's memory from core dumps");
}

static void enable_cap(int fd, uint32_t number, uint64_t argument)
{
    const struct kvm_enable_cap cap = {.cap = number, .args = {argument}};

    if (request(fd, KVM_ENABLE_CAP, &cap) != 0)
        err(1, "KVM refuses capability %u with argument 0x%llx", number,
            (unsigned long long)argument);
}

/* Turns off what KVM offers a guest beyond running it. Some of it must precede the vCPU. */
static void restrict_vm(const struct config *config)
{
    for (uint32_t i = 0; i < config->cap_count; i++)
        enable_cap(VMM_FD_VM, config->caps[i].number, config->caps[i].argument);
    if (request(VMM_FD_VM, KVM_X86_SET_MSR_FILTER, &msr_filter) != 0)
        err(1, "KVM cannot filter machine-specific registers; Linux 5.10 and later can");
}

void machine_add_slot(uint64_t address, const void *bytes, uint64_t size, uint32_t flags)
{
    static uint32_t next;
    const struct kvm_userspace_memory_region slot = {
        .slot = next++,
        .flags = flags,
        .guest_phys_addr = address,
        .memory_size = size,
        .userspace_addr = (uintptr_t)bytes,
    };

    if (request(VMM_FD_VM, KVM_SET_USER_MEMORY_REGION, &slot) != 0)
        err(1, "KVM refuses a memory slot of %llu bytes at 0x%llx", (unsigned long long)size,
            (unsigned long long)address);
}

/* The bytes of memory below the hole for PC devices and KVM's own pages; the rest is above it. */
static uint64_t low_size(const struct machine *machine)
{
    return machine->memory_size < LINUX_RAM_LOW_MAX ? machine->memory_size : LINUX_RAM_LOW_MAX;
}

void *machine_ram(const struct machine *machine, struct guest_address from, uint64_t size)
{
    const uint64_t low = low_size(machine), high = machine->memory_size - low;

    if (from.value < low && size <= low - from.value)
        return machine->memory + from.value;
    if (from.value >= LINUX_RAM_HIGH && from.value - LINUX_RAM_HIGH < high &&
        size <= high - (from.value - LINUX_RAM_HIGH))
        return machine->memory + low + (from.value - LINUX_RAM_HIGH);
    return NULL;
}

static void create_vm(const struct machine *machine, const struct config *config)
{
    const uint64_t low = low_size(machine);

    check_number(ioctl(VMM_FD_KVM, KVM_CREATE_VM, 0), VMM_FD_VM, "a virtual machine");
    restrict_vm(config);
    if (ioctl(VMM_FD_VM, KVM_SET_TSS_ADDR, TSS_ADDRESS) != 0)
        err(1, "KVM refuses the address of its task state segment");
    machine_add_slot(0, machine->memory, low, 0);
    if (machine->memory_size > low)
        machine_add_slot(LINUX_RAM_HIGH, machine->memory + low, machine->memory_size - low, 0);
}

/* The ring of coalesced OUTs is one of the pages that the vCPU shares; KVM says which one. */
static void map_ring(struct machine *machine, size_t size)
{
    int page = ioctl(VMM_FD_KVM, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);

    machine->ring = NULL;
    if (page > 0 && ((size_t)page + 1) * MACHINE_PAGE <= size &&
        ioctl(VMM_FD_KVM, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_PIO) > 0)
        machine->ring = (void *)((uint8_t *)machine->run + (size_t)page * MACHINE_PAGE);
}

static void create_vcpu(struct machine *machine, const struct config *config)
{
    int size = ioctl(VMM_FD_KVM, KVM_GET_VCPU_MMAP_SIZE, 0);

    if (size < (int)sizeof(*machine->run))
        err(1, "cannot learn the size of a vCPU's shared pages from KVM");

    check_number(ioctl(VMM_FD_VM, KVM_CREATE_VCPU, 0), VMM_FD_VCPU, "a vCPU");
    if (config->stats != 0)
        check_number(ioctl(VMM_FD_VCPU, KVM_GET_STATS_FD, 0), VMM_FD_STATS, "the vCPU's counters");
    machine->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, VMM_FD_VCPU, 0);
    if (machine->run == MAP_FAILED)
        err(1, "cannot map the vCPU's shared pages");

    int fields = ioctl(VMM_FD_KVM, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
    machine->has_sync_regs =
        fields > 0 && (fields & KVM_SYNC_X86_REGS) != 0 && (fields & KVM_SYNC_X86_SREGS) != 0;
    map_ring(machine, (size_t)size);
}

/*
 * The guest sees the host's processor less what the jailer removed. KVM's paravirtual features are
 * among that; without KVM_CAP_ENFORCE_PV_FEATURE_CPUID a guest could use them all the same.
 */
static void set_cpuid(void)
{
    struct config_processor processor;

    enable_cap(VMM_FD_VCPU, KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 1);
    config_read_processor(&processor);
    if (request(VMM_FD_VCPU, KVM_SET_CPUID2, &processor) != 0)
        err(1, "KVM refuses the CPUID leaves that the jailer sent");
}

void machine_create(struct machine *machine, const struct config *config)
{
    check_api();
    map_memory(machine, config);
    create_vm(machine, config);
    create_vcpu(machine, config);
    set_cpuid();
}

void machine_reset_state(struct cpu_state *state)
{
    if (request(VMM_FD_VCPU, KVM_GET_SREGS, &state->sregs) != 0 ||
        request(VMM_FD_VCPU, KVM_GET_REGS, &state->regs) != 0)
        err(1, "cannot read the vCPU's registers");
}

void machine_start(const struct cpu_state *state)
{
    if (request(VMM_FD_VCPU, KVM_SET_SREGS, &state->sregs) != 0 ||
        request(VMM_FD_VCPU, KVM_SET_REGS, &state->regs) != 0)
        err(1, "cannot set the vCPU's registers");
}
