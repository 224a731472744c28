/* Processes: how they begin and end. */
#include "process.h"

#include "futex.h"
#include "host.h"
#include "itimer.h"
#include "kernel.h"
#include "posix_timer.h"
#include "signal.h"
#include "syscalls.h"
#include "tty.h"

#include <asm/errno.h>

#define STACK_LIMIT  8388608ul
#define FILE_LIMIT   1024
#define LOCKED_LIMIT 8388608ul
#define QUEUE_LIMIT  819200ul
#define FILES_MAX    1048576ul
#define INIT         1 /* its end is the VM's */

static struct process *processes;
static int last_id;

int process_next_id(void)
{
    return ++last_id;
}

unsigned process_started_count(void)
{
    return (unsigned)last_id;
}

struct process *process_first(void)
{
    return processes;
}

struct process *process_next(struct process *process)
{
    return process->next;
}

struct process *process_find(int id)
{
    struct process *process = processes;

    while (process != NULL && process->id != id)
        process = process->next;
    return process;
}

struct thread *thread_find(int id)
{
    for (struct process *process = processes; process != NULL; process = process->next)
        for (struct thread *thread = process->threads; thread != NULL; thread = thread->next)
            if (thread->id == id)
                return thread;
    return NULL;
}

static void set_limits(struct limit *limits)
{
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        limits[i] = (struct limit){.soft = RLIM_INFINITY, .hard = RLIM_INFINITY};
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct limit){0};
    limits[RLIMIT_MEMLOCK] = (struct limit){.soft = LOCKED_LIMIT, .hard = LOCKED_LIMIT};
    limits[RLIMIT_MSGQUEUE] = (struct limit){.soft = QUEUE_LIMIT, .hard = QUEUE_LIMIT};
    limits[RLIMIT_STACK].soft = STACK_LIMIT;
    limits[RLIMIT_CORE].soft = 0;
    limits[RLIMIT_NOFILE] = (struct limit){.soft = FILE_LIMIT, .hard = FILES_MAX};
}

void process_add_thread(struct process *process, struct thread *thread)
{
    thread->process = process;
    thread->next = process->threads;
    process->threads = thread;
}

struct process *process_new(void)
{
    struct process *process = kzalloc(sizeof(*process));
    struct thread *thread = thread_new();

    if (process == NULL || thread == NULL) {
        kfree(process);
        if (thread != NULL)
            thread_free(thread);
        return NULL;
    }
    process_add_thread(process, thread);
    process->id = process->group = process->session = thread->id;
    process->started = time_monotonic();
    set_limits(process->limits);
    credentials_start(&process->credentials, 0, 0);
    process->next = processes;
    processes = process;
    return process;
}

/* Gives back what a process has; its entry stays until the parent has waited for it. */
static void release(struct process *process)
{
    itimers_end(process);
    posix_timers_end(process);
    signals_discard(&process->signals);
    if (process->files != NULL)
        files_put(process->files);
    if (process->fs != NULL)
        fs_put(process->fs);
    if (process->executable != NULL)
        dentry_put(process->executable);
    if (process->actions != NULL)
        signal_actions_put(process->actions);
    process->files = NULL;
    process->fs = NULL;
    process->executable = NULL;
    process->actions = NULL;
}

void process_free(struct process *process)
{
    struct process **at = &processes;

    while (*at != process)
        at = &(*at)->next;
    *at = process->next;
    release(process);
    if (process->space != NULL)
        space_put(process->space);
    while (process->threads != NULL) {
        struct thread *thread = process->threads;

        process->threads = thread->next;
        thread_free(thread);
    }
    kfree(process);
}

void vfork_done(struct process *process)
{
    process->is_vfork = false;
    wake_all(&process->vfork);
}

/* Children of a process that ended are the next subreaper's above it, or the first one's. */
static struct process *find_reaper(const struct process *process)
{
    struct process *reaper = process->parent;

    while (reaper != NULL && !reaper->is_subreaper)
        reaper = reaper->parent;
    return reaper != NULL ? reaper : process_find(INIT);
}

/* Whether nobody is to wait for the children of a process. */
static bool forgets_children(const struct process *parent)
{
    const struct signal_action *action = &parent->actions->of[SIGCHLD - 1];

    return action->handler == (uint64_t)SIG_IGN || (action->flags & SA_NOCLDWAIT) != 0;
}

static void tell_parent(struct process *process)
{
    struct process *parent = process->parent;

    process->state = PROCESS_ZOMBIE;
    if (process->exit_signal != 0)
        signal_child(process);
    wake_all(&parent->children);
    poll_wake(); /* pidfd_open(2) */
    if (forgets_children(parent))
        process_free(process);
}

static void give_children_away(struct process *process)
{
    struct process *reaper = find_reaper(process);

    for (struct process *child = processes, *next; child != NULL; child = next) {
        next = child->next;
        if (child->parent != process)
            continue;
        child->parent = reaper;
        child->exit_signal = SIGCHLD;
        if (child->state == PROCESS_ZOMBIE)
            tell_parent(child);
        else if (child->parent_death_signal != 0)
            signal_send(child, child->parent_death_signal);
    }
}

static void end_process(struct process *process, unsigned wait_status)
{
    if (process->id == INIT)
        host_exit((wait_status & 0x7f) != 0 ? 128 + (wait_status & 0x7f) : wait_status >> 8);
    tty_leave_session();
    current->last_space = process->space;
    process->space = NULL;
    vfork_done(process);
    release(process);
    process->wait_status = wait_status;
    give_children_away(process);
    tell_parent(process);
}

static void remove_thread(struct process *process, struct thread *thread)
{
    struct thread **at = &process->threads;

    while (*at != thread)
        at = &(*at)->next;
    *at = thread->next;
    process->ended_cpu_time += thread_cpu_time(thread);
    wake_all(&process->children); /* end_other_threads() */
}

void thread_exit(unsigned wait_status)
{
    struct process *process = current_process();

    futex_thread_exit(current);
    signals_discard(&current->signals);
    remove_thread(process, current);
    if (process->threads == NULL)
        end_process(process, process->is_exiting ? process->wait_status : wait_status);
    end_thread();
}

static void end_threads_but(struct process *process, struct thread *survivor)
{
    process->is_exiting = true;
    process->survivor = survivor;
    for (struct thread *thread = process->threads; thread != NULL; thread = thread->next)
        if (thread != survivor)
            wake_thread(thread);
}

void process_exit_later(unsigned wait_status)
{
    struct process *process = current_process();

    if (!process->is_exiting) {
        process->wait_status = wait_status;
        end_threads_but(process, NULL);
    }
}

void process_exit(unsigned wait_status)
{
    process_exit_later(wait_status);
    thread_exit(wait_status);
}

void end_other_threads(void)
{
    struct process *process = current_process();

    if (process->threads->next == NULL)
        return;
    end_threads_but(process, current);
    while (process->threads != current || current->next != NULL)
        sleep_on(&process->children, FOREVER);
    process->is_exiting = false;
    process->survivor = NULL;
    current->id = process->id;
}

struct files *current_files(void)
{
    return current_process()->files;
}

struct credentials *current_credentials(void)
{
    return &current_process()->credentials;
}

struct fs *current_fs(void)
{
    return current_process()->fs;
}

uint64_t current_file_limit(void)
{
    return current_process()->limits[RLIMIT_NOFILE].soft;
}

uint64_t current_size_limit(void)
{
    return current_process()->limits[RLIMIT_FSIZE].soft;
}

int current_size_exceeded(void)
{
    signal_send(current_process(), SIGXFSZ);
    return -EFBIG;
}

long sys_exit(int status)
{
    thread_exit(STATUS_EXITED(status));
}

long sys_exit_group(int status)
{
    process_exit(STATUS_EXITED(status));
}
