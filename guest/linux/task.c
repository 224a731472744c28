/* What /proc shows of processes. */
#include "task.h"

#include "kernel.h"
#include "process.h"
#include "signal.h"
#include "table.h"

#include <linux/mman.h>

static const struct process *find(int id)
{
    return process_find(id);
}

int task_current(void)
{
    return current_process()->id;
}

int task_current_thread(void)
{
    return current->id;
}

int task_next(int from)
{
    int least = -1;

    for (const struct process *p = process_first(); p != NULL; p = p->next)
        if (p->id >= from && (least < 0 || p->id < least))
            least = p->id;
    return least;
}

int task_next_thread(int pid, int from)
{
    const struct process *process = find(pid);
    int least = -1;

    for (const struct thread *t = process != NULL ? process->threads : NULL; t != NULL; t = t->next)
        if (t->id >= from && (least < 0 || t->id < least))
            least = t->id;
    return least;
}

/* As in proc(5): that of its first thread. */
static char state_of(const struct process *process)
{
    const struct thread *first = thread_find(process->id);

    if (process->state == PROCESS_ZOMBIE)
        return 'Z';
    if (process->state == PROCESS_STOPPED)
        return 'T';
    return first != NULL && first->state == THREAD_READY ? 'R' : 'S';
}

bool task_info(int pid, struct task_info *info)
{
    const struct process *process = find(pid);

    if (process == NULL)
        return false;
    *info = (struct task_info){
        .pid = process->id,
        .thread = pid,
        .parent = process->parent != NULL ? process->parent->id : 0,
        .group = process->group,
        .session = process->session,
        .state = state_of(process),
        .no_new_privileges = process->no_new_privileges,
        .started_ns = process->started,
        .user_ns = process_cpu_time(process),
        .virtual_bytes = process->space != NULL ? process->space->mapped : 0,
        .resident_bytes = (pages_total() - pages_free()) * PAGE_SIZE,
    };
    for (const struct thread *t = process->threads; t != NULL; t = t->next) {
        info->threads++;
        info->signals_pending |= signal_pending_set(t);
        info->signals_blocked |= t->signal_mask;
    }
    for (unsigned i = 0; process->actions != NULL && i < SIGNALS; i++) {
        const uint64_t handler = process->actions->of[i].handler;

        info->signals_ignored |= (uint64_t)(handler == (uint64_t)SIG_IGN) << i;
        info->signals_caught |= (uint64_t)(handler > (uint64_t)SIG_IGN) << i;
    }
    memcpy(info->name, process->command, sizeof(info->name));
    return true;
}

const struct credentials *task_credentials(int pid)
{
    const struct thread *thread = thread_find(pid);
    const struct process *process = thread != NULL ? thread->process : find(pid);

    return process != NULL ? &process->credentials : NULL;
}

bool task_limit(int pid, unsigned resource, struct task_limit *limit)
{
    const struct thread *thread = thread_find(pid);
    const struct process *process = thread != NULL ? thread->process : find(pid);

    if (process == NULL)
        return false;
    *limit = (struct task_limit){process->limits[resource].soft, process->limits[resource].hard};
    return true;
}

struct files *task_files(int pid)
{
    const struct process *process = find(pid);

    return process != NULL ? process->files : NULL;
}

struct fs *task_fs(int pid)
{
    const struct process *process = find(pid);

    return process != NULL ? process->fs : NULL;
}

struct dentry *task_program(int pid)
{
    const struct process *process = find(pid);

    return process != NULL ? process->executable : NULL;
}

/* Bytes of a process' memory, which need not be the running one's. */
static size_t read_memory(const struct space *space, uint64_t address, char *to, size_t size)
{
    size_t done = 0;

    while (done < size) {
        const uint64_t *entry = table_entry(space->table, address + done);
        size_t part = PAGE_SIZE - ((address + done) & PAGE_MASK);

        if (entry == NULL || *entry == 0)
            break;
        part = part < size - done ? part : size - done;
        memcpy(to + done, (char *)entry_page(*entry) + ((address + done) & PAGE_MASK), part);
        done += part;
    }
    return done;
}

static size_t read_part(int pid, bool is_environment, size_t offset, char *to, size_t size)
{
    const struct process *process = find(pid);
    const struct space *space = process != NULL ? process->space : NULL;

    if (space == NULL)
        return 0;
    uint64_t start = is_environment ? space->arguments_end : space->arguments;
    uint64_t end = is_environment ? space->environment_end : space->arguments_end;
    if (offset >= end - start)
        return 0;
    return read_memory(space, start + offset, to,
                       size < end - start - offset ? size : end - start - offset);
}

size_t task_arguments(int pid, size_t offset, char *to, size_t size)
{
    return read_part(pid, false, offset, to, size);
}

size_t task_environment(int pid, size_t offset, char *to, size_t size)
{
    return read_part(pid, true, offset, to, size);
}

bool task_mapping(int pid, uint64_t address, struct task_mapping *mapping)
{
    const struct process *process = find(pid);
    const struct area *area =
        process != NULL && process->space != NULL ? space_find(process->space, address) : NULL;

    if (area == NULL)
        return false;
    *mapping = (struct task_mapping){
        .start = area->start,
        .end = area->end,
        .offset = area->offset,
        .readable = (area->protection & PROT_READ) != 0,
        .writable = (area->protection & PROT_WRITE) != 0,
        .executable = (area->protection & PROT_EXEC) != 0,
        .shared = (area->flags & MAP_TYPE) != MAP_PRIVATE,
        .file = area->file != NULL ? area->file->dentry : NULL,
        .name = area->name,
    };
    return true;
}

unsigned task_started(void)
{
    return process_started_count();
}

unsigned task_running(void)
{
    unsigned running = 0;

    for (const struct process *p = process_first(); p != NULL; p = p->next)
        for (const struct thread *t = p->threads; t != NULL; t = t->next)
            running += t->state == THREAD_READY;
    return running;
}
