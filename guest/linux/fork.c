/* New threads and processes: clone(2), fork(2), vfork(2). */
#include "itimer.h"
#include "kernel.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/sched.h>

#define EXIT_SIGNAL 0xff /* of the flags */

struct clone {
    uint64_t flags, stack, parent_id, child_id, tls;
};

static bool is_valid(const struct clone *clone)
{
    const uint64_t flags = clone->flags;

    if ((flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0)
        return false;
    if ((flags & CLONE_SIGHAND) != 0 &&
        ((flags & CLONE_VM) == 0 || (flags & CLONE_CLEAR_SIGHAND) != 0))
        return false;
    return (flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                     CLONE_NEWPID | CLONE_NEWNET | CLONE_PIDFD)) == 0;
}

/* What a new thread has of the one that makes it. */
static void copy_thread(struct thread *thread, const struct clone *clone)
{
    struct registers *registers = thread_registers(thread);

    *registers = *thread_registers(current);
    registers->rax = 0;
    if (clone->stack != 0)
        registers->rsp = clone->stack;
    fpu_save(thread->fpu);
    __asm__ volatile("rdfsbase %0" : "=r"(thread->fs_base));
    __asm__ volatile("rdgsbase %0" : "=r"(thread->gs_base));
    if ((clone->flags & CLONE_SETTLS) != 0)
        thread->fs_base = clone->tls;
    if ((clone->flags & CLONE_CHILD_SETTID) != 0)
        thread->set_child_id = clone->child_id;
    if ((clone->flags & CLONE_CHILD_CLEARTID) != 0)
        thread->clear_child_id = clone->child_id;
    thread->signal_mask = current->signal_mask;
    if ((clone->flags & CLONE_VM) == 0 || (clone->flags & CLONE_VFORK) != 0) {
        thread->alternate_stack = current->alternate_stack;
        thread->alternate_size = current->alternate_size;
        thread->alternate_flags = current->alternate_flags;
    }
    thread_prepare(thread);
}

static bool copy_process(struct process *child, const struct clone *clone)
{
    struct process *parent = current_process();
    const uint64_t flags = clone->flags;

    child->files =
        (flags & CLONE_FILES) != 0 ? files_get(parent->files) : files_copy(parent->files);
    child->fs = (flags & CLONE_FS) != 0 ? fs_get(parent->fs) : fs_copy(parent->fs);
    if ((flags & CLONE_SIGHAND) != 0) {
        child->actions = parent->actions;
        child->actions->references++;
    } else {
        child->actions = signal_actions_copy(parent->actions);
    }
    if (child->actions != NULL && (flags & CLONE_CLEAR_SIGHAND) != 0)
        signal_actions_reset(child->actions);
    child->space = (flags & CLONE_VM) != 0 ? space_get(parent->space) : space_copy(parent->space);
    if (child->files == NULL || child->fs == NULL || child->actions == NULL || child->space == NULL)
        return false;
    child->parent = (flags & CLONE_PARENT) != 0 ? parent->parent : parent;
    child->executable = parent->executable != NULL ? dentry_get(parent->executable) : NULL;
    child->group = parent->group;
    child->session = parent->session;
    child->exit_signal = (int)(flags & EXIT_SIGNAL);
    child->nice = parent->nice;
    child->personality = parent->personality;
    child->credentials = parent->credentials;
    child->not_dumpable = parent->not_dumpable;
    child->no_new_privileges = parent->no_new_privileges;
    memcpy(child->command, parent->command, sizeof(child->command));
    memcpy(child->limits, parent->limits, sizeof(child->limits));
    itimers_limit(child);
    return true;
}

static void put_parent_id(const struct clone *clone, int id)
{
    if ((clone->flags & CLONE_PARENT_SETTID) != 0)
        copy_to_user((void *)clone->parent_id, &id, sizeof(id));
}

static long new_thread(const struct clone *clone)
{
    struct thread *thread = thread_new();

    if (thread == NULL)
        return -EAGAIN;
    copy_thread(thread, clone);
    process_add_thread(current_process(), thread);
    put_parent_id(clone, thread->id);
    make_ready(thread);
    return thread->id;
}

static void wait_for_vfork(int id)
{
    struct process *child;

    while ((child = process_find(id)) != NULL && child->is_vfork)
        sleep_on(&child->vfork, FOREVER);
}

static long new_process(const struct clone *clone)
{
    struct process *child = process_new();

    if (child == NULL)
        return -EAGAIN;
    if (!copy_process(child, clone)) {
        process_free(child);
        return -ENOMEM;
    }

    const int id = child->id;
    copy_thread(child->threads, clone);
    child->is_vfork = (clone->flags & CLONE_VFORK) != 0;
    put_parent_id(clone, id);
    make_ready(child->threads);
    if (child->is_vfork)
        wait_for_vfork(id);
    return id;
}

/* RLIMIT_NPROC counts the threads of a user; root has none. */
static bool has_too_many(void)
{
    const uint32_t user = current_credentials()->user.real;
    uint64_t count = 0;

    if (user == 0 || is_capable(CAP_SYS_RESOURCE) || is_capable(CAP_SYS_ADMIN))
        return false;
    for (const struct process *p = process_first(); p != NULL; p = p->next)
        for (const struct thread *t = p->threads; t != NULL; t = t->next)
            count += p->credentials.user.real == user;
    return count >= current_process()->limits[RLIMIT_NPROC].soft;
}

static long make(const struct clone *clone)
{
    if (!is_valid(clone))
        return -EINVAL;
    if (has_too_many())
        return -EAGAIN;
    return (clone->flags & CLONE_THREAD) != 0 ? new_thread(clone) : new_process(clone);
}

long sys_clone(uint64_t flags, uint64_t stack, uint64_t parent_id, uint64_t child_id, uint64_t tls)
{
    const struct clone clone = {(uint32_t)flags, stack, parent_id, child_id, tls};

    return make(&clone);
}

long sys_clone3(const void *user, size_t size)
{
    struct clone_args arguments = {0};

    if (size < CLONE_ARGS_SIZE_VER0 || size > PAGE_SIZE)
        return -EINVAL;
    if (copy_from_user(&arguments, user, size < sizeof(arguments) ? size : sizeof(arguments)) != 0)
        return -EFAULT;
    if ((arguments.flags & (EXIT_SIGNAL | CLONE_INTO_CGROUP)) != 0 || arguments.set_tid_size != 0 ||
        arguments.exit_signal > SIGNALS)
        return -EINVAL;

    const struct clone clone = {
        .flags = arguments.flags | arguments.exit_signal,
        .stack = arguments.stack + arguments.stack_size,
        .parent_id = arguments.parent_tid,
        .child_id = arguments.child_tid,
        .tls = arguments.tls,
    };
    return make(&clone);
}

long sys_fork(void)
{
    return make(&(struct clone){.flags = SIGCHLD});
}

long sys_vfork(void)
{
    return make(&(struct clone){.flags = CLONE_VM | CLONE_VFORK | SIGCHLD});
}
