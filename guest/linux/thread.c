/* Threads, their kernel stacks, and the change from one to another. */
#include "thread.h"

#include "kernel.h"
#include "process.h"

#define CALLEE_SAVED 6 /* registers that switch_stacks() keeps on the stack */

struct thread *current;

/* What entry.asm takes for the stack of a system call. */
uint64_t kernel_stack;

/* entry.asm */
void switch_stacks(uint64_t *save, uint64_t load);
_Noreturn void enter_program(const struct registers *registers);

void ring0_without_xsave(void);

static size_t thread_count;
static struct thread *dead; /* whose stack was still in use when it ended */

/* ---- The registers of x87, SSE and AVX, which the kernel itself never uses ---- */

static bool has_xsave(void)
{
    static int known; /* CPUID may be slow */

    if (known == 0) {
        uint32_t eax = 1, ebx, ecx = 0, edx;

        __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        known = (ecx & 1u << 27) != 0 ? 1 : -1;
    }
    return known == 1;
}

void fpu_check(void)
{
    uint32_t components, high, eax = 1, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if ((ecx & 1u << 27) == 0)
        return;
    __asm__ volatile("xgetbv" : "=a"(components), "=d"(high) : "c"(0));
    if ((components & 2) == 0)
        ring0_without_xsave();
}

uint64_t fpu_size(void)
{
    uint32_t eax = 0xd, size, ecx = 0, edx;

    if (!has_xsave())
        return 512;
    __asm__("cpuid" : "+a"(eax), "=b"(size), "+c"(ecx), "=d"(edx));
    return size;
}

void fpu_save(void *area)
{
    if (has_xsave())
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_restore(const void *area)
{
    if (has_xsave())
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void fpu_start(void)
{
    const uint32_t mxcsr = 0x1f80;

    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

/* ---- Threads ---- */

/* So many that their stacks take an eighth of memory, as Linux has it: a program that forks until
 * nothing is left leaves something to the others. */
static bool may_be_more(void)
{
    return thread_count < pages_total() / (8ul << KERNEL_STACK_ORDER);
}

struct thread *thread_new(void)
{
    struct thread *thread = may_be_more() ? kzalloc(sizeof(*thread)) : NULL;

    if (thread == NULL)
        return NULL;
    thread_count++;
    thread->stack = pages_alloc(KERNEL_STACK_ORDER);
    thread->fpu = page_alloc();
    if (thread->stack == NULL || thread->fpu == NULL) {
        thread_free(thread);
        return NULL;
    }
    thread->id = process_next_id();
    return thread;
}

void thread_free(struct thread *thread)
{
    if (thread->last_space != NULL)
        space_put(thread->last_space);
    if (thread->stack != NULL)
        page_release(thread->stack);
    if (thread->fpu != NULL)
        page_release(thread->fpu);
    kfree(thread);
    thread_count--;
}

/* Where a new thread begins, once it runs. */
static void begin(void)
{
    const int id = current->id;

    thread_reap();
    if (current->set_child_id != 0)
        copy_to_user((void *)current->set_child_id, &id, sizeof(id));
    enter_program(thread_registers(current));
}

void thread_prepare(struct thread *thread)
{
    uint64_t *stack = (uint64_t *)thread_registers(thread);

    *--stack = (uint64_t)begin;
    thread->kernel_rsp = (uint64_t)(stack - CALLEE_SAVED);
}

static void load(struct thread *thread)
{
    current = thread;
    kernel_stack = (uint64_t)(thread_registers(thread) + 1);
    __asm__ volatile("wrfsbase %0" : : "r"(thread->fs_base));
    __asm__ volatile("wrgsbase %0" : : "r"(thread->gs_base));
    if (thread->process->space != NULL)
        space_switch(thread->process->space);
}

void thread_reap(void)
{
    struct thread *thread = dead;

    dead = NULL;
    if (thread != NULL)
        thread_free(thread);
}

void thread_switch(struct thread *to)
{
    struct thread *from = current;

    if (from == to)
        return;
    if (from->state != THREAD_DEAD) {
        fpu_save(from->fpu);
        __asm__ volatile("rdfsbase %0" : "=r"(from->fs_base));
        __asm__ volatile("rdgsbase %0" : "=r"(from->gs_base));
    } else {
        thread_reap();
        dead = from;
    }
    load(to);
    fpu_restore(to->fpu);
    switch_stacks(&from->kernel_rsp, to->kernel_rsp);
    thread_reap();
}

void thread_begin(struct thread *thread)
{
    load(thread);
    enter_program(thread_registers(thread));
}
