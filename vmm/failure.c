/* Puts into words every exit reason of KVM on x86 but those that run.c serves. */
#include "failure.h"

#include "linux.h"
#include "log.h"
#include "policy/fds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

struct exit_words {
    const char *name, *words;
};

#define EXIT(reason, text) [KVM_EXIT_##reason] = {"KVM_EXIT_" #reason, text}

/*
 * A guest can provoke SHUTDOWN on every processor (and below, KVM_EXIT_MMIO and
 * KVM_EXIT_INTERNAL_ERROR), X86_BUS_LOCK and NOTIFY where the processor detects them. The others
 * should never occur; they are here in case a kernel returns one all the same.
 *
 * KVM returns these only to a VMM that has asked for them by an ioctl or a capability: DEBUG,
 * TPR_ACCESS, SYSTEM_EVENT, HYPERV, X86_RDMSR, X86_WRMSR, DIRTY_RING_FULL, XEN, HYPERCALL; only
 * with KVM's IOAPIC: IOAPIC_EOI; only with encrypted guests (SEV-ES): AP_RESET_HOLD. These are
 * faults of KVM or the processor: EXCEPTION and NMI on Intel, KVM_EXIT_FAIL_ENTRY and
 * KVM_EXIT_UNKNOWN on Intel and AMD.
 */
static const struct exit_words exit_words[] = {
    EXIT(EXCEPTION, "an exception that KVM passes on"),
    EXIT(HYPERCALL, "an unsupported hypercall"),
    EXIT(DEBUG, "a breakpoint without a debugger"),
    EXIT(SHUTDOWN, "a triple fault"),
    EXIT(TPR_ACCESS, "an access to an APIC's task priority"),
    EXIT(NMI, "a non-maskable interrupt"),
    EXIT(SYSTEM_EVENT, "a shutdown or reset by a system event"),
    EXIT(IOAPIC_EOI, "an end of interrupt without an IOAPIC"),
    EXIT(HYPERV, "a Hyper-V request"),
    EXIT(X86_RDMSR, "a read of a machine-specific register"),
    EXIT(X86_WRMSR, "a write of a machine-specific register"),
    EXIT(DIRTY_RING_FULL, "a full dirty ring"),
    EXIT(AP_RESET_HOLD, "a wait for another processor"),
    EXIT(X86_BUS_LOCK, "a locked access across cache lines"),
    EXIT(XEN, "a Xen request"),
    EXIT(NOTIFY, "no window for events in the guest for too long"),
};

#define EXIT_WORDS (sizeof(exit_words) / sizeof(exit_words[0]))

static const char *suberror_words(uint32_t suberror)
{
    switch (suberror) {
    case KVM_INTERNAL_ERROR_EMULATION:
        return "an instruction that KVM cannot fetch or cannot emulate";
    case KVM_INTERNAL_ERROR_SIMUL_EX:
        return "simultaneous exceptions";
    case KVM_INTERNAL_ERROR_DELIVERY_EV:
        return "a fault while an event was delivered";
    case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
        return "an exit that KVM did not expect";
    default:
        return "an unknown error";
    }
}

static void report_internal_error(const struct kvm_run *run)
{
    const uint8_t *bytes = run->emulation_failure.insn_bytes;
    size_t size = 0;
    char hex[3 * sizeof(run->emulation_failure.insn_bytes) + 1] = "";

    /* Since Linux 5.13 the instruction follows the flags, in two more words of data. */
    if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION && run->internal.ndata >= 3 &&
        (run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) != 0)
        size = run->emulation_failure.insn_size;

    for (size_t i = 0; i < size && i < sizeof(run->emulation_failure.insn_bytes); i++)
        snprintf(hex + 3 * i, sizeof(hex) - 3 * i, " %02x", bytes[i]);
    log_line("the guest failed: %s (KVM_EXIT_INTERNAL_ERROR, suberror %u)%s%s",
             suberror_words(run->internal.suberror), run->internal.suberror,
             size > 0 ? "; its bytes:" : "", hex);
}

/* An access outside memory; or, where a Linux guest's images are (linux.h), a write, which is
 * refused, or a read behind the end of a file. */
static void report_access(const struct machine *machine)
{
    const struct kvm_run *run = machine->run;
    const unsigned long long address = run->mmio.phys_addr;
    const bool is_image = address >= LINUX_TIME && address < LINUX_PHYSICAL_MAX;
    uint64_t end = machine->memory_size;
    char where[64];

    if (end > LINUX_RAM_LOW_MAX)
        end += LINUX_RAM_HIGH - LINUX_RAM_LOW_MAX;
    snprintf(where, sizeof(where), "outside memory, which ends at 0x%llx", (unsigned long long)end);
    log_line("the guest failed: a %s at 0x%llx (size %u), %s (KVM_EXIT_MMIO; the registers are "
             "those after the access)",
             run->mmio.is_write ? "write" : "read", address, run->mmio.len,
             !is_image            ? where
             : run->mmio.is_write ? "where memory is read-only"
                                  : "outside the images; was a file truncated?");
}

static void report_exit(const struct machine *machine)
{
    const struct kvm_run *run = machine->run;

    switch (run->exit_reason) {
    case KVM_EXIT_MMIO:
        report_access(machine);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        report_internal_error(run);
        break;
    case KVM_EXIT_FAIL_ENTRY:
        log_line("the guest failed: the processor refused to enter it, reason 0x%llx "
                 "(KVM_EXIT_FAIL_ENTRY)",
                 (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
        break;
    case KVM_EXIT_UNKNOWN:
        log_line("the guest failed: the processor left it for reason 0x%llx, unknown to KVM "
                 "(KVM_EXIT_UNKNOWN)",
                 (unsigned long long)run->hw.hardware_exit_reason);
        break;
    default:
        if (run->exit_reason < EXIT_WORDS && exit_words[run->exit_reason].name)
            log_line("the guest failed: %s (%s)", exit_words[run->exit_reason].words,
                     exit_words[run->exit_reason].name);
        else
            log_line("the guest failed: unknown KVM exit reason %u", run->exit_reason);
    }
}

/*
 * Whether these are the registers of a reset processor (AMD64 Architecture Programmer's Manual 2,
 * 14.1.3). On AMD, KVM resets the vCPU after a triple fault, which leaves its state undefined.
 */
static bool was_reset(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    return sregs->cs.base == 0xffff0000 && regs->rip == 0xfff0;
}

/*
 * KVM stores the registers in the shared page at the end of KVM_RUN, if asked to. Asking only now,
 * by a KVM_RUN that returns at once, costs nothing while a guest runs, and the policy need not
 * allow KVM_GET_REGS.
 */
static void report_registers(const struct machine *machine)
{
    struct kvm_run *run = machine->run;
    const bool shut_down = run->exit_reason == KVM_EXIT_SHUTDOWN;
    const struct kvm_regs *regs = &run->s.regs.regs;
    const struct kvm_sregs *sregs = &run->s.regs.sregs;

    if (!machine->has_sync_regs)
        return;
    run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
    run->immediate_exit = 1;
    ioctl(VMM_FD_VCPU, KVM_RUN, 0); /* fails with EINTR, or exits again for the same access */

    if (shut_down && was_reset(regs, sregs)) {
        log_line("registers: lost, since KVM resets an AMD processor after a triple fault");
        return;
    }
    log_line("registers: cs:rip %x:%llx flags %llx ax %llx bx %llx cx %llx dx %llx si %llx di "
             "%llx bp %llx sp %llx r8 %llx r9 %llx r10 %llx r11 %llx r12 %llx r13 %llx r14 %llx "
             "r15 %llx",
             sregs->cs.selector, regs->rip, regs->rflags, regs->rax, regs->rbx, regs->rcx,
             regs->rdx, regs->rsi, regs->rdi, regs->rbp, regs->rsp, regs->r8, regs->r9, regs->r10,
             regs->r11, regs->r12, regs->r13, regs->r14, regs->r15);
    log_line("registers: cs base %llx ds %x:%llx es %x:%llx ss %x:%llx cr0 %llx cr2 %llx cr3 "
             "%llx cr4 %llx efer %llx",
             sregs->cs.base, sregs->ds.selector, sregs->ds.base, sregs->es.selector, sregs->es.base,
             sregs->ss.selector, sregs->ss.base, sregs->cr0, sregs->cr2, sregs->cr3, sregs->cr4,
             sregs->efer);
}

void failure_report(const struct machine *machine)
{
    report_exit(machine);
    report_registers(machine);
}
