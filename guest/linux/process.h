/* Processes: what threads share. */
#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H

#include "credentials.h"
#include "schedule.h"
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

/* CLONE_SIGHAND shares them. */
struct signal_actions {
    unsigned references;
    struct signal_action of[SIGNALS];
};

struct limit {
    uint64_t soft, hard;
};

/* How a process ended, or stopped, as wait(2) has it. */
enum process_state { PROCESS_RUNS, PROCESS_STOPPED, PROCESS_ZOMBIE };

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
    struct credentials credentials;
    struct limit limits[RLIM_NLIMITS];
    int group, session;
    uint64_t started; /* monotonic ns */
    bool not_dumpable, no_new_privileges;
    bool is_subreaper;       /* PR_SET_CHILD_SUBREAPER: orphans below become its children */
    int parent_death_signal; /* PR_SET_PDEATHSIG; 0: none */
    int nice;
    unsigned personality;                       /* personality(2) */
    uint64_t ended_cpu_time, children_cpu_time; /* of threads that ended; of children waited for */

    struct signal_actions *actions;
    struct signal_info *signals; /* pending, for any thread */
    struct timer alarm;          /* setitimer(ITIMER_REAL) */
    uint64_t alarm_interval;
    /* by the processor's time: ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU */
    struct cpu_alarm {
        uint64_t deadline, interval; /* 0: none */
    } cpu_alarms[3];

    struct posix_timer *posix_timers; /* timer_create(2) */

    enum process_state state;
    bool is_exiting;         /* all its threads are to end */
    struct thread *survivor; /* but this one, which does execve() */
    bool news;               /* a stop or a continuation that the parent has not waited for */
    unsigned wait_status;
    int exit_signal;            /* to the parent; 0: none */
    struct wait_queue children; /* who waits for a child, or for threads to end */
    struct wait_queue stopped;  /* threads, until SIGCONT */
    struct wait_queue vfork;    /* the parent, until execve() or the end */
    bool is_vfork;
};

struct process *process_first(void);
struct process *process_next(struct process *process);
struct process *process_find(int id);
struct thread *thread_find(int id);
int process_next_id(void);
unsigned process_started_count(void); /* with threads */

/* With one thread, its default limits, nothing else; NULL when memory is full. */
struct process *process_new(void);
void process_free(struct process *process);

void process_add_thread(struct process *process, struct thread *thread);

int rusage_to_user(uint64_t cpu_time, void *to); /* struct rusage, with this time, in ns */

/* Ends the running process. `wait_status` is as wait(2) has it. */
_Noreturn void process_exit(unsigned wait_status);

/* The same when the current thread would go back to the program: for the middle of a system call,
 * which may hold something. */
void process_exit_later(unsigned wait_status);

/* Ends the running thread, and its process with the last one. */
_Noreturn void thread_exit(unsigned wait_status);

/* Ends all threads of the running process but the current one. */
void end_other_threads(void);

/* The program of a child that shares its parent's memory is gone from it: the parent goes on. */
void vfork_done(struct process *process);

#define STATUS_EXITED(status)   (((status)&0xffu) << 8)
#define STATUS_SIGNALED(number) ((unsigned)(number))
#define STATUS_STOPPED(number)  ((unsigned)(number) << 8 | 0x7fu)
#define STATUS_CONTINUED        0xffffu

static inline struct process *current_process(void)
{
    return current->process;
}

#endif
