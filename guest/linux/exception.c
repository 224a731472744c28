/* Exceptions and the tick: page faults are mended where they can be; what else comes is a signal.
 */
#include "kernel.h"
#include "process.h"
#include "signal.h"
#include "space.h"
#include "table.h"

enum vector {
    DIVIDE_ERROR = 0,
    DEBUG = 1,
    BREAKPOINT = 3,
    OVERFLOW = 4,
    INVALID_OPCODE = 6,
    GENERAL_PROTECTION = 13,
    PAGE_FAULT = 14,
    X87_ERROR = 16,
    ALIGNMENT_CHECK = 17,
    SIMD_ERROR = 19,
    TICK = 0x20,
};

#define FAULT_WRITE (1u << 1) /* of a page fault's error code */
#define FAULT_FETCH (1u << 4)

/* Where the kernel touches the program's memory, and where it goes on when that fails (entry.asm).
 */
extern const struct {
    uint64_t at, go_on;
} fixups[];

static bool fix_up(struct registers *registers)
{
    for (size_t i = 0; fixups[i].at != 0; i++)
        if (fixups[i].at == registers->rip) {
            registers->rip = fixups[i].go_on;
            return true;
        }
    return false;
}

static bool is_kernel(const struct registers *registers)
{
    return registers->rip >= DIRECT_MAP && registers->rip < DIRECT_MAP_END;
}

static struct fault page_fault(uint64_t address, uint64_t error)
{
    enum access access = (error & FAULT_FETCH) != 0   ? ACCESS_EXECUTE
                         : (error & FAULT_WRITE) != 0 ? ACCESS_WRITE
                                                      : ACCESS_READ;

    if (current == NULL || current_process()->space == NULL)
        return (struct fault){.signal = SIGSEGV, .code = SEGV_MAPERR};
    return space_fault(current_process()->space, address, access);
}

static struct fault signal_of(enum vector vector)
{
    switch (vector) {
    case DIVIDE_ERROR:
        return (struct fault){.signal = SIGFPE, .code = FPE_INTDIV};
    case X87_ERROR:
    case SIMD_ERROR:
        return (struct fault){.signal = SIGFPE, .code = FPE_FLTINV};
    case DEBUG:
        return (struct fault){.signal = SIGTRAP, .code = TRAP_TRACE};
    case BREAKPOINT:
        return (struct fault){.signal = SIGTRAP, .code = SI_KERNEL};
    case INVALID_OPCODE:
        return (struct fault){.signal = SIGILL, .code = ILL_ILLOPN};
    case ALIGNMENT_CHECK:
        return (struct fault){.signal = SIGBUS, .code = BUS_ADRALN};
    default:
        return (struct fault){.signal = SIGSEGV, .code = SI_KERNEL};
    }
}

static void before_program(struct registers *registers)
{
    schedule_before_program();
    if (signal_is_pending(current))
        signal_deliver(registers, false);
}

/* Called by entry.asm, on the stack of the thread. */
void exception(struct registers *registers, enum vector vector, uint64_t address)
{
    if (vector == TICK) {
        schedule_tick();
        before_program(registers);
        return;
    }

    const bool is_page_fault = vector == PAGE_FAULT;
    const struct fault fault =
        is_page_fault ? page_fault(address, registers->call) : signal_of(vector);
    if (!is_page_fault)
        address = registers->rip;
    if (is_kernel(registers)) {
        if (fault.signal != 0 && !fix_up(registers))
            panic("the kernel in the VM failed: exception %d at 0x%lx, address 0x%lx, error 0x%lx",
                  vector, registers->rip, address, registers->call);
        if (fault.signal == SIGKILL)
            signal_out_of_memory(address);
        return;
    }
    if (fault.signal != 0)
        signal_fault(registers, fault, address);
    before_program(registers);
}
