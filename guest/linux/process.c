/* Processes. */
#include "process.h"

#include "host.h"
#include "kernel.h"
#include "syscalls.h"

#include <linux/limits.h>

#define STACK_LIMIT (8ul << 20)
#define FILE_LIMIT  1024
#define FILES_MAX   (1ul << 20)

static struct process *processes;
static int last_id;

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

static void set_limits(struct limit *limits)
{
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        limits[i] = (struct limit){.soft = RLIM_INFINITY, .hard = RLIM_INFINITY};
    limits[RLIMIT_STACK].soft = STACK_LIMIT;
    limits[RLIMIT_CORE].soft = 0;
    limits[RLIMIT_NOFILE] = (struct limit){.soft = FILE_LIMIT, .hard = FILES_MAX};
}

struct process *process_new(void)
{
    struct process *process = kzalloc(sizeof(*process));

    if (process == NULL)
        return NULL;
    struct thread *thread = thread_new(process);
    if (thread == NULL) {
        kfree(process);
        return NULL;
    }
    process->id = process->group = process->session = thread->id = ++last_id;
    process->started = time_monotonic();
    set_limits(process->limits);
    process->next = processes;
    processes = process;
    return process;
}

void process_exit(unsigned status)
{
    host_exit(status);
}

struct files *current_files(void)
{
    return current_process()->files;
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

long sys_exit(int status)
{
    process_exit((unsigned)status & 0xff);
}

long sys_exit_group(int status)
{
    process_exit((unsigned)status & 0xff);
}
