/* The stack that a handler finds, and the way back from it, as x86-64 Linux has them. */
#include "kernel.h"
#include "memory.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <asm/sigcontext.h>
#include <linux/signal.h>

#define RED_ZONE         128         /* below RSP is the program's, too */
#define UC_FLAGS         7           /* the state of XSAVE is there, and SS is right */
#define DIRECTION        (1ul << 10) /* of RFLAGS */
#define TRAP             (1ul << 8)
#define ALWAYS_SET       0x202ul
#define CHANGEABLE       0x240dd5ul /* of RFLAGS: what a handler may change */
#define USER_CS          0x33
#define USER_SS          0x2b
#define FXSAVE_SIZE      512
#define FXSAVE_MXCSR     24
#define MXCSR_BITS       0xffffu
#define XSAVE_HEADER     512 /* where it is: which components there are, and its form */
#define XSAVE_COMPONENTS 0xe7ul

struct frame {
    uint64_t return_address;
    uint64_t uc_flags, uc_link;
    uint64_t stack;
    int32_t stack_flags, padding;
    uint64_t stack_size;
    struct sigcontext_64 context;
    uint64_t mask;
    siginfo_t info;
};

static uint64_t top_of_stack(const struct registers *registers, const struct signal_action *action)
{
    const bool is_on = registers->rsp - current->alternate_stack < current->alternate_size;

    if ((action->flags & SA_ONSTACK) != 0 && current->alternate_size != 0 && !is_on)
        return current->alternate_stack + current->alternate_size;
    return registers->rsp - RED_ZONE;
}

/* The registers of x87, SSE and AVX: where they then are, or 0. */
static uint64_t push_fpu(uint64_t *at)
{
    const uint64_t size = fpu_size();
    struct _fpx_sw_bytes *software =
        (void *)((uint8_t *)current->fpu + FXSAVE_SIZE - sizeof(struct _fpx_sw_bytes));
    const uint32_t magic = FP_XSTATE_MAGIC2;

    memset(current->fpu, 0, PAGE_SIZE); /* XSAVE leaves out what is as at reset */
    fpu_save(current->fpu);
    *software = (struct _fpx_sw_bytes){
        .magic1 = FP_XSTATE_MAGIC1,
        .extended_size = (uint32_t)size + FP_XSTATE_MAGIC2_SIZE,
        .xfeatures = XSAVE_COMPONENTS,
        .xstate_size = (uint32_t)size,
    };
    *at = (*at - size - FP_XSTATE_MAGIC2_SIZE) & ~63ul;
    if (copy_to_user((void *)*at, current->fpu, size) != 0 ||
        copy_to_user((void *)(*at + size), &magic, sizeof(magic)) != 0)
        return 0;
    return *at;
}

int signal_frame_make(struct registers *registers, const struct signal_action *action,
                      const siginfo_t *info)
{
    uint64_t at = top_of_stack(registers, action);
    const uint64_t fpu = push_fpu(&at);
    struct frame frame = {
        .return_address = action->restorer,
        .uc_flags = UC_FLAGS,
        .stack = current->alternate_stack,
        .stack_flags = current->alternate_size != 0 ? current->alternate_flags : SS_DISABLE,
        .stack_size = current->alternate_size,
        .context =
            {
                .r8 = registers->r8,
                .r9 = registers->r9,
                .r10 = registers->r10,
                .r11 = registers->r11,
                .r12 = registers->r12,
                .r13 = registers->r13,
                .r14 = registers->r14,
                .r15 = registers->r15,
                .di = registers->rdi,
                .si = registers->rsi,
                .bp = registers->rbp,
                .bx = registers->rbx,
                .dx = registers->rdx,
                .ax = registers->rax,
                .cx = registers->rcx,
                .sp = registers->rsp,
                .ip = registers->rip,
                .flags = registers->rflags,
                .cs = USER_CS,
                .ss = USER_SS,
                .cr2 = current->fault_address,
                .fpstate = fpu,
            },
        .mask = current->restore_mask ? current->saved_mask : current->signal_mask,
        .info = *info,
    };

    at = ((at - sizeof(frame)) & ~15ul) - sizeof(uint64_t);
    if (fpu == 0 || copy_to_user((void *)at, &frame, sizeof(frame)) != 0)
        return -EFAULT;
    if ((current->alternate_flags & (int)SS_AUTODISARM) != 0)
        current->alternate_size = 0;
    registers->rdi = (uint64_t)info->si_signo;
    registers->rsi = at + offsetof(struct frame, info);
    registers->rdx = at + offsetof(struct frame, uc_flags);
    registers->rax = 0;
    registers->rsp = at;
    registers->rip = action->handler;
    registers->rflags &= ~(DIRECTION | TRAP);
    return 0;
}

/* What the program hands back is made such that XRSTOR takes it. */
static bool restore_fpu(uint64_t from)
{
    uint64_t *header = (uint64_t *)((uint8_t *)current->fpu + XSAVE_HEADER);
    uint32_t *mxcsr = (uint32_t *)((uint8_t *)current->fpu + FXSAVE_MXCSR);

    if (from == 0) {
        fpu_start();
        return true;
    }
    memset(current->fpu, 0, PAGE_SIZE);
    if (copy_from_user(current->fpu, (const void *)from, fpu_size()) != 0)
        return false;
    header[0] &= XSAVE_COMPONENTS;
    memset(&header[1], 0, 7 * sizeof(header[0]));
    *mxcsr &= MXCSR_BITS;
    fpu_restore(current->fpu);
    return true;
}

long sys_rt_sigreturn(void)
{
    struct registers *registers = thread_registers(current);
    struct frame frame;

    if (copy_from_user(&frame, (const void *)(registers->rsp - sizeof(uint64_t)), sizeof(frame)) !=
            0 ||
        !restore_fpu(frame.context.fpstate) || !space_is_user(frame.context.ip, 1))
        process_exit(STATUS_SIGNALED(SIGSEGV));

    const struct sigcontext_64 *context = &frame.context;
    *registers = (struct registers){
        .r8 = context->r8,
        .r9 = context->r9,
        .r10 = context->r10,
        .r11 = context->r11,
        .r12 = context->r12,
        .r13 = context->r13,
        .r14 = context->r14,
        .r15 = context->r15,
        .rdi = context->di,
        .rsi = context->si,
        .rbp = context->bp,
        .rbx = context->bx,
        .rdx = context->dx,
        .rax = context->ax,
        .rcx = context->cx,
        .rsp = context->sp,
        .rip = context->ip,
        .rflags = (context->flags & CHANGEABLE & ~TRAP) | ALWAYS_SET,
        .call = (uint64_t)-1,
        .cs = USER_CS,
        .ss = USER_SS,
    };
    current->signal_mask = frame.mask & ~SIGNALS_UNBLOCKABLE;
    if ((frame.stack_flags & SS_DISABLE) == 0) {
        current->alternate_stack = frame.stack;
        current->alternate_size = frame.stack_size;
        current->alternate_flags = frame.stack_flags & (int)SS_FLAG_BITS;
    }
    return (long)registers->rax;
}
