/* What /proc asks of whoever keeps processes, memory and time. */
#ifndef LINUX_TASK_H
#define LINUX_TASK_H

#include "credentials.h"
#include "vfs.h"

/* What uname(2) says, too. */
#define KERNEL_RELEASE "6.1.0-sparkler"
#define KERNEL_VERSION "#1 Sparkler"

struct task_info {
    int pid, thread, parent, group, session; /* `thread` is pid for the first one */
    unsigned threads;
    char state; /* R, S, D, T, Z */
    char name[16];
    uint64_t user_ns, system_ns, started_ns; /* CPU times, and time_monotonic() at its start */
    uint64_t virtual_bytes, resident_bytes;
    uint64_t signals_pending, signals_blocked, signals_ignored, signals_caught;
    bool no_new_privileges; /* PR_SET_NO_NEW_PRIVS */
};

/* The running process and thread. */
int task_current(void);
int task_current_thread(void);

/* The least pid, or thread of a process, not below `from`; -1 if there is none. */
int task_next(int from);
int task_next_thread(int pid, int from);

/* By the number of a process or one of its threads; false if there is none. */
bool task_info(int pid, struct task_info *info);

const struct credentials *task_credentials(int pid); /* NULL where it is gone */

struct task_limit {
    uint64_t soft, hard;
};

bool task_limit(int pid, unsigned resource, struct task_limit *limit); /* by RLIMIT_* */

/* These belong to the process; NULL where it is gone, or a zombie. */
struct files *task_files(int pid);
struct fs *task_fs(int pid);
struct dentry *task_program(int pid); /* what it executes */

/* Up to `size` bytes of its arguments, or its environment, each string with its NUL, from `offset`
 * on: how many. */
size_t task_arguments(int pid, size_t offset, char *to, size_t size);
size_t task_environment(int pid, size_t offset, char *to, size_t size);

struct task_mapping {
    uint64_t start, end, offset; /* the offset in the file */
    bool readable, writable, executable, shared;
    struct dentry *file; /* NULL: none; then there may be a name, such as [heap] */
    const char *name;
};

/* The first mapping that ends behind an address. */
bool task_mapping(int pid, uint64_t address, struct task_mapping *mapping);

const char *host_name(void); /* as uname(2) has them */
const char *domain_name(void);

/* Processes that have been started in all, and those that can run now. */
unsigned task_started(void);
unsigned task_running(void);

#endif
