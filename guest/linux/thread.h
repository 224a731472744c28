/* Threads: what runs. One at a time does, and gives way only where it waits or returns to its program. */
#ifndef LINUX_THREAD_H
#define LINUX_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* Of the program, on top of the thread's kernel stack, as entry.asm pushes them. */
struct registers {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t call; /* the number of the system call, or the error code of an exception */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct registers) == 21 * 8, "entry.asm pushes 21 words");

struct process;

struct thread {
    int id;
    struct process *process;
    struct thread *next; /* of the process */
    uint8_t *stack;      /* the kernel's: KERNEL_STACK_SIZE bytes */
    uint64_t fs_base, gs_base;
    uint64_t signal_mask;
    uint64_t clear_child_id; /* set_tid_address(2) */
    uint64_t robust_list;
    struct {
        uint64_t stack, size;
        int flags;
    } alternate; /* sigaltstack(2) */
};

#define KERNEL_STACK_ORDER 2
#define KERNEL_STACK_SIZE  (4096ul << KERNEL_STACK_ORDER)

extern struct thread *current;

static inline struct registers *thread_registers(const struct thread *thread)
{
    return (struct registers *)(thread->stack + KERNEL_STACK_SIZE) - 1;
}

struct thread *thread_new(struct process *process); /* NULL when memory is full */

/* Makes it the one that runs: its stack, its FS and GS, its process' address space. */
void thread_load(struct thread *thread);

/* entry.asm: goes on in the program with these, which stand on top of its thread's kernel stack. */
_Noreturn void enter_program(const struct registers *registers);

#endif
