/* Threads and their kernel stacks. */
#include "thread.h"

#include "kernel.h"
#include "process.h"

struct thread *current;

/* What entry.asm takes for the stack of a system call, and whether a tick came in the kernel. */
uint64_t kernel_stack;
bool tick_pending;

struct thread *thread_new(struct process *process)
{
    struct thread *thread = kzalloc(sizeof(*thread));

    if (thread == NULL)
        return NULL;
    thread->stack = pages_alloc(KERNEL_STACK_ORDER);
    if (thread->stack == NULL) {
        kfree(thread);
        return NULL;
    }
    thread->process = process;
    thread->next = process->threads;
    process->threads = thread;
    return thread;
}

void thread_load(struct thread *thread)
{
    if (current != NULL) {
        __asm__ volatile("rdfsbase %0" : "=r"(current->fs_base));
        __asm__ volatile("rdgsbase %0" : "=r"(current->gs_base));
    }
    current = thread;
    kernel_stack = (uint64_t)(thread_registers(thread) + 1);
    __asm__ volatile("wrfsbase %0" : : "r"(thread->fs_base));
    __asm__ volatile("wrgsbase %0" : : "r"(thread->gs_base));
    if (thread->process->space != NULL)
        space_switch(thread->process->space);
}
