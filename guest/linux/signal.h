/* Signals: sending (signal.c) and what becomes of them (deliver.c). */
#ifndef LINUX_SIGNAL_H
#define LINUX_SIGNAL_H

#include "process.h"

#include <asm/siginfo.h>

#define SIGNAL_BIT(number)  (1ul << ((number)-1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* One that is pending. */
struct signal_info {
    struct signal_info *next;
    siginfo_t info;
};

struct signal_actions *signal_actions_new(void); /* all by default; NULL when memory is full */
struct signal_actions *signal_actions_copy(const struct signal_actions *actions);
void signal_actions_put(struct signal_actions *actions);
void signal_actions_reset(struct signal_actions *actions); /* execve(): handlers are gone */

/* To a process, or one thread of it. 0, or -EAGAIN when memory is full. */
int signal_send_info(struct process *process, struct thread *thread, const siginfo_t *info);
void signal_send(struct process *process, int number); /* of the kernel's own accord */
void signal_child(struct process *child);  /* to its parent: it ended, stopped, went on */
void signal_from_outside(unsigned number); /* to the first process */
/* By its action; and taking away those of a set that are pending, when they are ignored now. */
bool signal_is_ignored(const struct process *process, int number);
void signals_discard_set(struct process *process, uint64_t set);

void signals_discard(struct signal_info **list);

/* Whether the thread has something else to do than to wait. */
bool signal_is_pending(const struct thread *thread);
uint64_t signal_pending_set(const struct thread *thread);

/* The first that is in `set`, taken off; NULL: none. To be freed by kfree(). */
struct signal_info *signal_take(struct thread *thread, uint64_t set);

struct signal_info *signal_take_unblocked(struct thread *thread); /* that it is to handle */

/* For calls that wait with another mask: it comes back on return to the program. */
void signal_mask_swap(uint64_t mask);

/* For calls that go on when a stop has interrupted them, as if it had not: the deadline of the
 * call, which is the one before if this is its second time. */
uint64_t signal_deadline(uint64_t deadline);
void signal_keep_deadline(uint64_t deadline); /* before such a call says -EINTR */

/* The running thread did what it must not do. */
void signal_fault(struct registers *registers, struct fault fault, uint64_t address);

/* There is no memory for what a system call touches: the process ends when the call has. Queueing
 * SIGKILL would take memory. */
void signal_out_of_memory(uint64_t address);

/* Before the program goes on: handlers, stops, ends. `is_call`: after a system call. */
void signal_deliver(struct registers *registers, bool is_call);

/* The stack of a handler (signal_frame.c): 0 or -EFAULT. */
int signal_frame_make(struct registers *registers, const struct signal_action *action,
                      const siginfo_t *info);

#endif
