/*
 * bare GUEST [filters]: the least that can run a flat guest. One KVM_RUN loop, no jail, no lock, no
 * device: OUTs go nowhere, INs get what KVM left there. With `filters`, behind both seccomp filters
 * of sparkler-vmm. Prints a line of numbers in microseconds:
 *
 *     set-up run filters tear-down
 *
 * set-up: /dev/kvm opened to the first exit; run: first to last OUT to the console; filters: the
 * installation of both; tear-down: all descriptors closed.
 */
#include "policy/fds.h"
#include "policy/runtime/policy.h"
#include "spawn.h"

#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MEMORY_SIZE   (1u << 20)
#define LOAD_ADDRESS  0x1000u
#define CONSOLE       0x3f8
#define CPUID_ENTRIES 256

struct bare {
    int kvm, vm, vcpu;
    uint8_t *memory;
    struct kvm_run *run;
    size_t run_size;
};

static int check(int result, const char *what)
{
    if (result < 0)
        err(1, "%s", what);
    return result;
}

static void set_up_vcpu(const struct bare *bare)
{
    static union {
        struct kvm_cpuid2 cpuid;
        uint8_t bytes[sizeof(struct kvm_cpuid2) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)];
    } table = {.cpuid.nent = CPUID_ENTRIES};
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rip = LOAD_ADDRESS, .rflags = 2};

    check(ioctl(bare->kvm, KVM_GET_SUPPORTED_CPUID, &table), "KVM_GET_SUPPORTED_CPUID");
    check(ioctl(bare->vcpu, KVM_SET_CPUID2, &table), "KVM_SET_CPUID2");
    check(ioctl(bare->vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
    sregs.cs.selector = 0;
    sregs.cs.base = 0;
    check(ioctl(bare->vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
    check(ioctl(bare->vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static struct bare set_up(const char *guest)
{
    struct bare bare = {.kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm")};
    struct kvm_userspace_memory_region slot = {.memory_size = MEMORY_SIZE};
    int image = check(open(guest, O_RDONLY | O_CLOEXEC), guest);

    bare.memory =
        mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bare.memory == MAP_FAILED)
        err(1, "guest memory");
    slot.userspace_addr = (uintptr_t)bare.memory;
    check((int)read(image, bare.memory + LOAD_ADDRESS, MEMORY_SIZE - LOAD_ADDRESS), guest);
    close(image);

    bare.vm = check(ioctl(bare.kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    check(ioctl(bare.vm, KVM_SET_TSS_ADDR, 0xfffbd000ul), "KVM_SET_TSS_ADDR");
    check(ioctl(bare.vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
    bare.run_size = (size_t)check(ioctl(bare.kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "the vCPU's page");
    bare.vcpu = check(ioctl(bare.vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    bare.run = mmap(NULL, bare.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, bare.vcpu, 0);
    if (bare.run == MAP_FAILED)
        err(1, "the vCPU's page");
    set_up_vcpu(&bare);
    return bare;
}

/* Both filters of the VMM, which know the vCPU by its number. Returns what they cost. */
static double install_filters(struct bare *bare)
{
    check(bare->vcpu = dup2(bare->vcpu, VMM_FD_VCPU), "cannot move the vCPU");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");

    double start = now_us();

    policy_install(&policy_vmm_boot);
    policy_install(&policy_vmm);
    return now_us() - start;
}

/* Runs one exit further; false at the end. */
static bool run_on(const struct bare *bare)
{
    check(ioctl(bare->vcpu, KVM_RUN, 0), "KVM_RUN");
    return bare->run->exit_reason == KVM_EXIT_IO;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        errx(1, "usage: bare GUEST [filters]");

    bool filters = argc > 2 && strcmp(argv[2], "filters") == 0;
    double start = now_us();
    struct bare bare = set_up(argv[1]);
    double filter_us = filters ? install_filters(&bare) : 0;
    bool running = run_on(&bare);
    double first = now_us(), last = first, halted;
    char line[128];
    int length;

    for (; running; running = run_on(&bare))
        if (bare.run->io.port == CONSOLE)
            last = now_us();
    halted = now_us();
    if (!filters) { /* behind them neither is permitted */
        munmap(bare.run, bare.run_size);
        close(bare.vcpu);
        close(bare.vm);
        close(bare.kvm);
    }
    length = snprintf(line, sizeof(line), "%.1f %.1f %.1f %.1f\n", first - start - filter_us,
                      last - first, filter_us, now_us() - halted);
    check((int)write(STDOUT_FILENO, line, (size_t)length), "cannot print"); /* stdio would fstat */
    _exit(0);
}
