/* Threads: what runs. One at a time does, and gives way only where it waits or returns to its
 * program. */
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

enum thread_state {
    THREAD_READY,   /* runs, or is in the run queue */
    THREAD_WAITING, /* in a wait queue */
    THREAD_DEAD,
};

struct process;
struct wait_queue;
struct signal_info;

struct thread {
    int id;
    enum thread_state state;
    struct process *process;
    struct thread *next;   /* of the process */
    struct thread *queued; /* the next in the run queue, or in the wait queue */
    struct wait_queue *waiting_on;
    uint8_t *stack;      /* the kernel's: KERNEL_STACK_SIZE bytes */
    uint64_t kernel_rsp; /* where switch_stacks() goes on */
    void *fpu;           /* a page: what XSAVE saves */
    uint64_t fs_base, gs_base;
    uint64_t cpu_time; /* ns, without the turn that goes on now */

    uint64_t signal_mask, saved_mask; /* the latter comes back after sigsuspend(2) and the like */
    bool restore_mask;
    uint64_t awaited;  /* by sigtimedwait(2), though they are masked */
    uint64_t deadline; /* of a call that was interrupted, and may be made again; 0: none */
    struct signal_info *signals; /* pending for this one */
    uint64_t alternate_stack, alternate_size;
    int alternate_flags;

    struct space *last_space; /* of a process that ended: freed with its last thread */

    uint64_t fault_address;  /* of the last page fault that became a signal */
    uint64_t clear_child_id; /* set_tid_address(2) */
    uint64_t set_child_id;   /* CLONE_CHILD_SETTID */
    uint64_t robust_list;
    uint64_t futex; /* what it waits for: futex.c */
    uint32_t futex_bits;
};

#define KERNEL_STACK_ORDER 2
#define KERNEL_STACK_SIZE  (4096ul << KERNEL_STACK_ORDER)

extern struct thread *current;

static inline struct registers *thread_registers(const struct thread *thread)
{
    return (struct registers *)(thread->stack + KERNEL_STACK_SIZE) - 1;
}

/* One that is not ready yet, in no process; NULL when memory is full, or there are too many. */
struct thread *thread_new(void);
void thread_free(struct thread *thread);
void thread_reap(void); /* frees the one that ended last, now that its stack is not in use */

/* Makes it go on in its program, with its registers, when it first runs. */
void thread_prepare(struct thread *thread);

/* Runs another one, in place of the current; comes back when that one is run again. */
void thread_switch(struct thread *to);

/* The first one of all begins, with the registers that it has. */
_Noreturn void thread_begin(struct thread *thread);

/* Where the hypervisor lost what XSETBV asked for (QEMU's AMD-V), XSAVE would leave SSE out: then
 * the processor is one without XSAVE, for the program, too. Before any other of these. */
void fpu_check(void);

void fpu_start(void); /* as the processor has it at reset */
void fpu_save(void *area);
void fpu_restore(const void *area);
uint64_t fpu_size(void);

#endif
