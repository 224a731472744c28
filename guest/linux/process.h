/* Processes: what threads share. */
#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H

#include "space.h"
#include "thread.h"
#include "vfs.h"

#include <asm/resource.h>
#include <asm/signal.h>

#define SIGNALS      64
#define COMMAND_SIZE 16

/* As the system call has it. */
struct signal_action {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

struct limit {
    uint64_t soft, hard;
};

struct process {
    int id;
    struct process *next; /* of all */
    struct process *parent;
    struct thread *threads;
    struct space *space;
    struct files *files;
    struct fs *fs;
    struct dentry *executable;
    char command[COMMAND_SIZE]; /* PR_SET_NAME */
    struct signal_action actions[SIGNALS];
    struct limit limits[RLIM_NLIMITS];
    int group, session;
    uint64_t started; /* monotonic ns */
    bool not_dumpable, no_new_privileges;
};

struct process *process_first(void);
struct process *process_next(struct process *process);
struct process *process_find(int id);

struct process *process_new(void); /* with one thread, nothing else; NULL when memory is full */

/* Ends the running process. `status` is as LINUX_CALL_EXIT has it. */
_Noreturn void process_exit(unsigned status);

static inline struct process *current_process(void)
{
    return current->process;
}

#endif
