/*
 * The system calls that are not about files (for those, syscalls_files.h). Pointers are the
 * program's; each returns what Linux' call of this name returns, -errno on failure.
 */
#ifndef LINUX_SYSCALLS_H
#define LINUX_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

/* Memory (mmap.c) */
long sys_brk(uint64_t address);
long sys_mmap(uint64_t address, uint64_t size, uint32_t protection, uint32_t flags, int fd,
              uint64_t offset);
long sys_munmap(uint64_t address, uint64_t size);
long sys_mprotect(uint64_t address, uint64_t size, uint32_t protection);
long sys_mremap(uint64_t old, uint64_t old_size, uint64_t size, uint32_t flags, uint64_t address);
long sys_madvise(uint64_t address, uint64_t size, int advice);
long sys_mincore(uint64_t address, uint64_t size, uint8_t *vector);
long sys_msync(uint64_t address, uint64_t size, int flags);
long sys_mlock(void);

/* Time (clock.c) */
long sys_clock_gettime(int clock, void *to);
long sys_clock_getres(int clock, void *to);
long sys_clock_settime(int clock, const void *from);
long sys_gettimeofday(void *time, void *zone);
long sys_time(int64_t *to);
long sys_nanosleep(const void *request, void *left);
long sys_clock_nanosleep(int clock, int flags, const void *request, void *left);
long sys_times(void *to);
int time_from_user(const void *user, uint64_t *nanoseconds);

/* Signals (signal.c, deliver.c, signal_frame.c) */
long sys_rt_sigaction(int number, const void *new, void *old, size_t mask_size);
long sys_rt_sigprocmask(int how, const void *new, void *old, size_t mask_size);
long sys_rt_sigpending(void *to, size_t size);
long sys_rt_sigsuspend(const void *mask, size_t size);
long sys_rt_sigtimedwait(const void *set, void *to, const void *timeout, size_t size);
long sys_rt_sigqueueinfo(int id, int number, const void *info);
long sys_rt_tgsigqueueinfo(int process, int thread, int number, const void *info);
long sys_rt_sigreturn(void);
long sys_sigaltstack(const void *new, void *old);
long sys_pause(void);
long sys_kill(int id, int number);
long sys_tkill(int thread, int number);
long sys_tgkill(int process, int thread, int number);

/* uts.c */
long sys_uname(void *to);
long sys_sethostname(const char *name, int length);
long sys_setdomainname(const char *name, int length);

/* Who and where (identity.c) */
long sys_getpid(void);
long sys_gettid(void);
long sys_getppid(void);
long sys_getpgid(int id);
long sys_getpgrp(void);
long sys_setpgid(int id, int group);
long sys_getsid(int id);
long sys_setsid(void);
long sys_prlimit64(int id, unsigned resource, const void *new, void *old);
long sys_getrlimit(unsigned resource, void *to);
long sys_setrlimit(unsigned resource, const void *from);
long sys_getrusage(int who, void *to);
long sys_sysinfo(void *to);
long sys_sched_getaffinity(int id, size_t size, void *mask);
long sys_sched_setaffinity(int id, size_t size, const void *mask);
long sys_sched_getscheduler(int id);
long sys_sched_setscheduler(int id, int policy, const void *parameter);
long sys_sched_setparam(int id, const void *parameter);
long sys_sched_getparam(int id, void *to);
long sys_sched_get_priority(int policy);
long sys_sched_setattr(int id, const void *attributes, unsigned flags);
long sys_sched_getattr(int id, void *to, unsigned size, unsigned flags);
long sys_sched_rr_get_interval(int id, void *to);
long sys_personality(unsigned personality);
long sys_membarrier(int command, unsigned flags, int cpu);
long sys_ioprio_get(int which, int id);
long sys_ioprio_set(int which, int id, int priority);
long sys_getcpu(unsigned *cpu, unsigned *node);
long sys_getpriority(int which, int id);
long sys_setpriority(int which, int id, int nice);
long sys_arch_prctl(int code, uint64_t value);
long sys_prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
long sys_set_tid_address(uint64_t address);
long sys_set_robust_list(uint64_t head, size_t size);
long sys_get_robust_list(int id, uint64_t *head, size_t *size);

/* credentials.c */
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_setuid(uint32_t id);
long sys_setgid(uint32_t id);
long sys_setreuid(uint32_t real, uint32_t effective);
long sys_setregid(uint32_t real, uint32_t effective);
long sys_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
long sys_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
long sys_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved);
long sys_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved);
long sys_setfsuid(uint32_t id);
long sys_setfsgid(uint32_t id);
long sys_getgroups(int size, uint32_t *list);
long sys_setgroups(size_t count, const uint32_t *list);

/* capability.c */
long sys_capget(void *header, void *data);
long sys_capset(void *header, const void *data);

/* random.c */
long sys_getrandom(uint8_t *to, size_t size, unsigned flags);

/* futex.c */
long sys_futex(uint32_t *word, int operation, uint32_t value, const void *timeout, uint32_t *other,
               uint32_t bits);

/* sysv_shm.c */
long sys_shmget(int key, size_t size, int flags);
long sys_shmat(int id, uint64_t address, int flags);
long sys_shmdt(uint64_t address);
long sys_shmctl(int id, int command, void *status);

/* Pipes (pipe.c), and waiting for files (poll.c) */
struct pollfd;
long sys_pipe(int *fds);
long sys_pipe2(int *fds, int flags);
long sys_poll(struct pollfd *fds, unsigned count, int milliseconds);
long sys_ppoll(struct pollfd *fds, unsigned count, void *timeout, const void *mask, size_t size);
long sys_select(int count, void *read, void *write, void *exceptions, int64_t *timeout);
long sys_pselect6(int count, void *read, void *write, void *exceptions, void *timeout,
                  const uint64_t *mask);

/* Sockets (socket*.c) and eventfd.c */
long sys_socket(int family, int type, int protocol);
long sys_socketpair(int family, int type, int protocol, int *fds);
long sys_bind(int fd, const void *name, unsigned size);
long sys_listen(int fd, int backlog);
long sys_accept(int fd, void *name, unsigned *size);
long sys_accept4(int fd, void *name, unsigned *size, int flags);
long sys_connect(int fd, const void *name, unsigned size);
long sys_sendto(int fd, void *buffer, size_t size, int flags, const void *to, unsigned to_size);
long sys_recvfrom(int fd, void *buffer, size_t size, int flags, void *from, unsigned *from_size);
long sys_sendmsg(int fd, const void *message, int flags);
long sys_recvmsg(int fd, void *message, int flags);
long sys_sendmmsg(int fd, void *messages, unsigned count, int flags);
long sys_recvmmsg(int fd, void *messages, unsigned count, int flags, const void *timeout);
long sys_shutdown(int fd, int how);
long sys_getsockname(int fd, void *to, unsigned *size);
long sys_getpeername(int fd, void *to, unsigned *size);
long sys_getsockopt(int fd, int level, int option, void *to, unsigned *size);
long sys_setsockopt(int fd, int level, int option, const void *from, unsigned size);
long sys_eventfd(unsigned count);
long sys_eventfd2(unsigned count, int flags);

/* itimer.c */
long sys_getitimer(int which, void *to);
long sys_setitimer(int which, const void *new, void *old);
long sys_alarm(unsigned seconds);

/* posix_timer.c */
long sys_timer_create(int clock, const void *event, int *number);
long sys_timer_delete(int number);
long sys_timer_settime(int number, int flags, const void *new, void *old);
long sys_timer_gettime(int number, void *value);
long sys_timer_getoverrun(int number);

/* pidfd.c */
long sys_pidfd_open(int id, unsigned flags);
long sys_pidfd_send_signal(int fd, int number, const void *info, unsigned flags);

/* Processes and threads (process.c, fork.c, exec.c, wait.c, schedule.c) */
long sys_exit(int status);
long sys_exit_group(int status);
long sys_clone(uint64_t flags, uint64_t stack, uint64_t parent_id, uint64_t child_id, uint64_t tls);
long sys_clone3(const void *arguments, size_t size);
long sys_fork(void);
long sys_vfork(void);
long sys_execve(const char *path, const uint64_t *argv, const uint64_t *envp);
long sys_execveat(int directory, const char *path, const uint64_t *argv, const uint64_t *envp,
                  int flags);
long sys_wait4(int id, int *status, int options, void *usage);
long sys_waitid(int type, int id, void *to, int options, void *usage);
long sys_sched_yield(void);

#endif
