/* What the log says of each exit that ends a VM, including those that no guest can provoke. */
#include "vmm/failure.h"

#include "capture.h"
#include "tap.h"

#include <string.h>

/* Checks the report of an exit. There is no vCPU: the registers are those in `run`. */
static void expect(const struct kvm_run *run, const char *expected)
{
    struct kvm_run copy = *run;
    const struct machine machine = {.memory_size = 1 << 20, .run = &copy, .has_sync_regs = false};
    struct capture log;
    char line[512];

    snprintf(line, sizeof(line), "sparkler-vmm: the guest failed: %s\n", expected);
    capture(&log);
    failure_report(&machine);
    if (!ok(strcmp(captured(&log), line) == 0, "%s", expected))
        printf("# %s", log.text);
}

static void test_named(void)
{
    static const struct {
        uint32_t reason;
        const char *expected;
    } exits[] = {
        {KVM_EXIT_EXCEPTION, "an exception that KVM passes on (KVM_EXIT_EXCEPTION)"},
        {KVM_EXIT_HYPERCALL, "an unsupported hypercall (KVM_EXIT_HYPERCALL)"},
        {KVM_EXIT_DEBUG, "a breakpoint without a debugger (KVM_EXIT_DEBUG)"},
        {KVM_EXIT_SHUTDOWN, "a triple fault (KVM_EXIT_SHUTDOWN)"},
        {KVM_EXIT_TPR_ACCESS, "an access to an APIC's task priority (KVM_EXIT_TPR_ACCESS)"},
        {KVM_EXIT_NMI, "a non-maskable interrupt (KVM_EXIT_NMI)"},
        {KVM_EXIT_SYSTEM_EVENT, "a shutdown or reset by a system event (KVM_EXIT_SYSTEM_EVENT)"},
        {KVM_EXIT_IOAPIC_EOI, "an end of interrupt without an IOAPIC (KVM_EXIT_IOAPIC_EOI)"},
        {KVM_EXIT_HYPERV, "a Hyper-V request (KVM_EXIT_HYPERV)"},
        {KVM_EXIT_X86_RDMSR, "a read of a machine-specific register (KVM_EXIT_X86_RDMSR)"},
        {KVM_EXIT_X86_WRMSR, "a write of a machine-specific register (KVM_EXIT_X86_WRMSR)"},
        {KVM_EXIT_DIRTY_RING_FULL, "a full dirty ring (KVM_EXIT_DIRTY_RING_FULL)"},
        {KVM_EXIT_AP_RESET_HOLD, "a wait for another processor (KVM_EXIT_AP_RESET_HOLD)"},
        {KVM_EXIT_X86_BUS_LOCK, "a locked access across cache lines (KVM_EXIT_X86_BUS_LOCK)"},
        {KVM_EXIT_XEN, "a Xen request (KVM_EXIT_XEN)"},
        {KVM_EXIT_NOTIFY, "no window for events in the guest for too long (KVM_EXIT_NOTIFY)"},
        {KVM_EXIT_S390_SIEIC, "unknown KVM exit reason 13"},
        {UINT32_MAX, "unknown KVM exit reason 4294967295"},
    };

    for (size_t i = 0; i < sizeof(exits) / sizeof(*exits); i++)
        expect(&(struct kvm_run){.exit_reason = exits[i].reason}, exits[i].expected);
}

static void test_with_data(void)
{
    struct kvm_run run = {.exit_reason = KVM_EXIT_MMIO};

    run.mmio.phys_addr = 0xfee00020;
    run.mmio.len = 4;
    expect(&run, "a read at 0xfee00020 (size 4), outside memory, which ends at 0x100000 "
                 "(KVM_EXIT_MMIO; the registers are those after the access)");
    run.mmio.phys_addr = UINT64_MAX;
    run.mmio.is_write = 1;
    expect(&run, "a write at 0xffffffffffffffff (size 4), outside memory, which ends at "
                 "0x100000 (KVM_EXIT_MMIO; the registers are those after the access)");
    run.mmio.phys_addr = 256ull << 30;
    run.mmio.is_write = 0;
    expect(&run, "a read at 0x4000000000 (size 4), outside the images; was a file truncated? "
                 "(KVM_EXIT_MMIO; the registers are those after the access)");
    run.mmio.is_write = 1;
    expect(&run, "a write at 0x4000000000 (size 4), where memory is read-only (KVM_EXIT_MMIO; "
                 "the registers are those after the access)");

    run = (struct kvm_run){.exit_reason = KVM_EXIT_FAIL_ENTRY};
    run.fail_entry.hardware_entry_failure_reason = 0x80000021;
    expect(&run, "the processor refused to enter it, reason 0x80000021 (KVM_EXIT_FAIL_ENTRY)");

    run = (struct kvm_run){.exit_reason = KVM_EXIT_UNKNOWN};
    run.hw.hardware_exit_reason = 0x42;
    expect(&run, "the processor left it for reason 0x42, unknown to KVM (KVM_EXIT_UNKNOWN)");
}

static void test_internal_errors(void)
{
    static const char *const words[] = {
        [KVM_INTERNAL_ERROR_EMULATION] = "an instruction that KVM cannot fetch or cannot emulate",
        [KVM_INTERNAL_ERROR_SIMUL_EX] = "simultaneous exceptions",
        [KVM_INTERNAL_ERROR_DELIVERY_EV] = "a fault while an event was delivered",
        [KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] = "an exit that KVM did not expect",
        [5] = "an unknown error",
    };
    struct kvm_run run = {.exit_reason = KVM_EXIT_INTERNAL_ERROR};
    char expected[256];

    for (uint32_t i = 1; i < sizeof(words) / sizeof(*words); i++) {
        run.internal.suberror = i;
        snprintf(expected, sizeof(expected), "%s (KVM_EXIT_INTERNAL_ERROR, suberror %u)", words[i],
                 i);
        expect(&run, expected);
    }
}

/* The failing instruction is shown where KVM gives it, and no more bytes than there are. */
static void test_instruction(void)
{
    static const uint8_t bytes[15] = {0x0f, 0xff, 0xc0};
    struct kvm_run run = {.exit_reason = KVM_EXIT_INTERNAL_ERROR};
    char expected[256];
    int length = snprintf(expected, sizeof(expected),
                          "an instruction that KVM cannot fetch or cannot emulate "
                          "(KVM_EXIT_INTERNAL_ERROR, suberror 1)");

    run.emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
    memcpy(run.emulation_failure.insn_bytes, bytes, sizeof(bytes));
    run.emulation_failure.insn_size = 3;
    run.emulation_failure.ndata = 3;
    expect(&run, expected);

    run.emulation_failure.flags = KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
    run.emulation_failure.ndata = 1;
    expect(&run, expected);

    run.emulation_failure.ndata = 3;
    strcpy(expected + length, "; its bytes: 0f ff c0");
    expect(&run, expected);

    run.emulation_failure.insn_size = UINT8_MAX;
    strcpy(expected + length, "; its bytes: 0f ff c0 00 00 00 00 00 00 00 00 00 00 00 00");
    expect(&run, expected);
}

static void test_registers(void)
{
    struct kvm_run run = {.exit_reason = KVM_EXIT_SHUTDOWN};
    const struct machine machine = {.memory_size = 1 << 20, .run = &run, .has_sync_regs = true};
    struct kvm_regs *regs = &run.s.regs.regs;
    struct capture log;
    const char *text;

    *regs = (struct kvm_regs){.rip = 0x1234, .rax = UINT64_MAX, .r15 = 0xf};
    run.s.regs.sregs.cs.selector = 0xffff;
    run.s.regs.sregs.cr2 = 0xdead;
    capture(&log);
    failure_report(&machine);
    text = captured(&log);
    ok(strstr(text, "registers: cs:rip ffff:1234 flags 0 ax ffffffffffffffff bx 0 ") &&
           strstr(text, " r15 f\n") && strstr(text, " cr2 dead cr3 0 "),
       "registers are logged where KVM can store them");
    ok(run.immediate_exit == 1, "the guest does not run on while they are fetched");

    *regs = (struct kvm_regs){.rip = 0xfff0};
    run.s.regs.sregs.cs.base = 0xffff0000;
    capture(&log);
    failure_report(&machine);
    text = captured(&log);
    ok(strstr(text, "registers: lost, ") && !strstr(text, "cs:rip"),
       "the registers of a reset after a triple fault are not shown as the guest's");

    run.exit_reason = KVM_EXIT_MMIO;
    capture(&log);
    failure_report(&machine);
    ok(strstr(captured(&log), ":fff0 flags 0 "), "after another exit they may be the guest's");

    memset(regs, 0xff, sizeof(*regs));
    memset(&run.s.regs.sregs, 0xff, sizeof(run.s.regs.sregs));
    capture(&log);
    failure_report(&machine);
    text = captured(&log);
    ok(strstr(text, " r15 ffffffffffffffff\n") && strstr(text, " efer ffffffffffffffff\n"),
       "lines hold the largest numbers");
}

int main(void)
{
    test_named();
    test_with_data();
    test_internal_errors();
    test_instruction();
    test_registers();
    return done();
}
