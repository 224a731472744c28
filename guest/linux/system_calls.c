/* The table of the system calls, in order of their numbers, and how one is made. */
#include "host.h"
#include "kernel.h"
#include "process.h"
#include "signal.h"
#include "syscalls.h"
#include "syscalls_files.h"
#include "trace.h"

#include <asm/errno.h>
#include <asm/unistd.h>

typedef long (*handler)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

/* Programs ask for these and do without; that is no news for the log. */
static long sys_not_there(void)
{
    return -ENOSYS;
}

/* What is the business of whoever has a machine of disks, networks and modules: there is nothing
 * behind it here, and programs know this answer from containers. */
static long sys_not_permitted(void)
{
    return -EPERM;
}

/* A handler takes what it needs of the six registers, of the types that it needs. */
#define CALL_BY(call, name, kinds)                                                                 \
    [__NR_##call] = {(handler)(void (*)(void))sys_##name, #call, kinds}
#define CALL(name, kinds)   CALL_BY(name, name, kinds)
#define NOT_THERE(name)     CALL_BY(name, not_there, "xxxxxx")
#define NOT_PERMITTED(name) CALL_BY(name, not_permitted, "xxxxxx")

static const struct {
    handler handler;
    const char *name;
    const char *kinds; /* of the arguments: trace.h */
} calls[] = {
    CALL(read, "dpu"),
    CALL(write, "dpu"),
    CALL(open, "sxo"),
    CALL(close, "d"),
    CALL(stat, "sp"),
    CALL(fstat, "dp"),
    CALL(lstat, "sp"),
    CALL(poll, "pud"),
    CALL(lseek, "ddd"),
    CALL(mmap, "puxxdx"),
    CALL(mprotect, "pux"),
    CALL(munmap, "pu"),
    CALL(brk, "p"),
    CALL(rt_sigaction, "dppu"),
    CALL(rt_sigprocmask, "dppu"),
    CALL(rt_sigreturn, ""),
    CALL(ioctl, "dxp"),
    CALL(pread64, "dpuu"),
    CALL(pwrite64, "dpuu"),
    CALL(readv, "dpu"),
    CALL(writev, "dpu"),
    CALL(access, "so"),
    CALL(pipe, "p"),
    CALL(select, "dpppp"),
    CALL(sched_yield, ""),
    CALL(mremap, "puuxp"),
    CALL(msync, "pux"),
    CALL(mincore, "pup"),
    CALL(madvise, "pud"),
    CALL(shmget, "xux"),
    CALL(shmat, "dpx"),
    CALL(shmctl, "ddp"),
    CALL(dup, "d"),
    CALL(dup2, "dd"),
    CALL(pause, ""),
    CALL(nanosleep, "pp"),
    CALL(getitimer, "dp"),
    CALL(alarm, "u"),
    CALL(setitimer, "dpp"),
    CALL(getpid, ""),
    CALL(sendfile, "ddpu"),
    CALL(socket, "ddd"),
    CALL(connect, "dpu"),
    CALL(accept, "dpp"),
    CALL(sendto, "dpuxpu"),
    CALL(recvfrom, "dpuxpp"),
    CALL(sendmsg, "dpx"),
    CALL(recvmsg, "dpx"),
    CALL(shutdown, "dd"),
    CALL(bind, "dpu"),
    CALL(listen, "dd"),
    CALL(getsockname, "dpp"),
    CALL(getpeername, "dpp"),
    CALL(socketpair, "dddp"),
    CALL(setsockopt, "dddpu"),
    CALL(getsockopt, "dddpp"),
    CALL(clone, "xpppp"),
    CALL(fork, ""),
    CALL(vfork, ""),
    CALL(execve, "spp"),
    CALL(exit, "d"),
    CALL(wait4, "dpxp"),
    CALL(kill, "dd"),
    CALL(uname, "p"),
    NOT_THERE(semget),
    NOT_THERE(semop),
    NOT_THERE(semctl),
    CALL(shmdt, "p"),
    NOT_THERE(msgget),
    NOT_THERE(msgsnd),
    NOT_THERE(msgrcv),
    NOT_THERE(msgctl),
    CALL(fcntl, "ddx"),
    CALL(flock, "dx"),
    CALL(fsync, "d"),
    CALL(fdatasync, "d"),
    CALL(truncate, "su"),
    CALL(ftruncate, "du"),
    CALL(getdents, "dpu"),
    CALL(getcwd, "pu"),
    CALL(chdir, "s"),
    CALL(fchdir, "d"),
    CALL(rename, "ss"),
    CALL(mkdir, "so"),
    CALL(rmdir, "s"),
    CALL(creat, "so"),
    CALL(link, "ss"),
    CALL(unlink, "s"),
    CALL(symlink, "ss"),
    CALL(readlink, "spu"),
    CALL(chmod, "so"),
    CALL(fchmod, "do"),
    CALL(chown, "sdd"),
    CALL(fchown, "ddd"),
    CALL(lchown, "sdd"),
    CALL(umask, "o"),
    CALL(gettimeofday, "pp"),
    CALL(getrlimit, "dp"),
    CALL(getrusage, "dp"),
    CALL(sysinfo, "p"),
    CALL(times, "p"),
    NOT_PERMITTED(ptrace),
    CALL(getuid, ""),
    NOT_PERMITTED(syslog),
    CALL(getgid, ""),
    CALL(setuid, "d"),
    CALL(setgid, "d"),
    CALL(geteuid, ""),
    CALL(getegid, ""),
    CALL(setpgid, "dd"),
    CALL(getppid, ""),
    CALL(getpgrp, ""),
    CALL(setsid, ""),
    CALL(setreuid, "dd"),
    CALL(setregid, "dd"),
    CALL(getgroups, "dp"),
    CALL(setgroups, "up"),
    CALL(setresuid, "ddd"),
    CALL(getresuid, "ppp"),
    CALL(setresgid, "ddd"),
    CALL(getresgid, "ppp"),
    CALL(getpgid, "d"),
    CALL(setfsuid, "d"),
    CALL(setfsgid, "d"),
    CALL(getsid, "d"),
    CALL(capget, "pp"),
    CALL(capset, "pp"),
    CALL(rt_sigpending, "pu"),
    CALL(rt_sigtimedwait, "pppu"),
    CALL(rt_sigqueueinfo, "ddp"),
    CALL(rt_sigsuspend, "pu"),
    CALL(sigaltstack, "pp"),
    CALL(utime, "sp"),
    CALL(mknod, "sox"),
    CALL(personality, "x"),
    CALL(statfs, "sp"),
    CALL(fstatfs, "dp"),
    CALL(getpriority, "dd"),
    CALL(setpriority, "ddd"),
    CALL(sched_setparam, "dp"),
    CALL(sched_getparam, "dp"),
    CALL(sched_setscheduler, "ddp"),
    CALL(sched_getscheduler, "d"),
    CALL_BY(sched_get_priority_max, sched_get_priority, "d"),
    CALL_BY(sched_get_priority_min, sched_get_priority, "d"),
    CALL(sched_rr_get_interval, "dp"),
    CALL(mlock, "pu"),
    CALL_BY(munlock, mlock, "pu"),
    CALL_BY(mlockall, mlock, "x"),
    CALL_BY(munlockall, mlock, ""),
    NOT_PERMITTED(vhangup),
    NOT_PERMITTED(pivot_root),
    CALL(prctl, "dxxxx"),
    CALL(arch_prctl, "xp"),
    CALL(setrlimit, "dp"),
    CALL(chroot, "s"),
    CALL(sync, ""),
    NOT_PERMITTED(acct),
    NOT_PERMITTED(settimeofday),
    NOT_PERMITTED(mount),
    NOT_PERMITTED(umount2),
    NOT_PERMITTED(swapon),
    NOT_PERMITTED(swapoff),
    NOT_PERMITTED(reboot),
    CALL(sethostname, "pd"),
    CALL(setdomainname, "pd"),
    NOT_PERMITTED(iopl),
    NOT_PERMITTED(ioperm),
    NOT_PERMITTED(init_module),
    NOT_PERMITTED(delete_module),
    NOT_PERMITTED(quotactl),
    CALL(gettid, ""),
    CALL(readahead, "duu"),
    CALL(setxattr, "sspux"),
    CALL(lsetxattr, "sspux"),
    CALL(fsetxattr, "dspux"),
    CALL(getxattr, "sspu"),
    CALL(lgetxattr, "sspu"),
    CALL(fgetxattr, "dspu"),
    CALL(listxattr, "spu"),
    CALL(llistxattr, "spu"),
    CALL(flistxattr, "dpu"),
    CALL(removexattr, "ss"),
    CALL(lremovexattr, "ss"),
    CALL(fremovexattr, "ds"),
    CALL(tkill, "dd"),
    CALL(time, "p"),
    CALL(futex, "pxuppx"),
    CALL(sched_setaffinity, "dup"),
    CALL(sched_getaffinity, "dup"),
    NOT_THERE(io_setup),
    CALL(getdents64, "dpu"),
    CALL(epoll_create, "d"),
    CALL(set_tid_address, "p"),
    CALL(fadvise64, "duud"),
    CALL(timer_create, "dpp"),
    CALL(timer_settime, "dxpp"),
    CALL(timer_gettime, "dp"),
    CALL(timer_getoverrun, "d"),
    CALL(timer_delete, "d"),
    CALL(clock_settime, "dp"),
    CALL(clock_gettime, "dp"),
    CALL(clock_getres, "dp"),
    CALL(clock_nanosleep, "dxpp"),
    CALL(exit_group, "d"),
    CALL(epoll_wait, "dpdd"),
    CALL(epoll_ctl, "dddp"),
    CALL(tgkill, "ddd"),
    CALL(utimes, "sp"),
    NOT_THERE(mbind),
    NOT_THERE(set_mempolicy),
    NOT_THERE(get_mempolicy),
    CALL(waitid, "ddpxp"),
    NOT_THERE(add_key),
    NOT_THERE(request_key),
    NOT_THERE(keyctl),
    CALL(ioprio_set, "ddd"),
    CALL(ioprio_get, "dd"),
    CALL(inotify_init, ""),
    CALL(inotify_add_watch, "dsx"),
    CALL(inotify_rm_watch, "dd"),
    CALL(openat, "dsxo"),
    CALL(mkdirat, "dso"),
    CALL(mknodat, "dsox"),
    CALL(fchownat, "dsddx"),
    CALL(futimesat, "dsp"),
    CALL(newfstatat, "dspx"),
    CALL(unlinkat, "dsx"),
    CALL(renameat, "dsds"),
    CALL(linkat, "dsdsx"),
    CALL(symlinkat, "sds"),
    CALL(readlinkat, "dspu"),
    CALL(fchmodat, "dso"),
    CALL(faccessat, "dso"),
    CALL(pselect6, "dppppp"),
    CALL(ppoll, "puppu"),
    NOT_PERMITTED(unshare),
    CALL(set_robust_list, "pu"),
    CALL(get_robust_list, "dpp"),
    CALL(splice, "dpdpux"),
    NOT_THERE(tee),
    CALL_BY(sync_file_range, fdatasync, "duux"),
    NOT_THERE(vmsplice),
    CALL(utimensat, "dspx"),
    CALL(epoll_pwait, "dpddpu"),
    CALL(signalfd, "dpu"),
    CALL(timerfd_create, "dx"),
    CALL(eventfd, "u"),
    CALL(fallocate, "dxuu"),
    CALL(timerfd_settime, "dxpp"),
    CALL(timerfd_gettime, "dp"),
    CALL(accept4, "dppx"),
    CALL(signalfd4, "dpux"),
    CALL(eventfd2, "ux"),
    CALL(epoll_create1, "x"),
    CALL(dup3, "ddx"),
    CALL(pipe2, "px"),
    CALL(inotify_init1, "x"),
    CALL(preadv, "dpuu"),
    CALL(pwritev, "dpuu"),
    CALL(rt_tgsigqueueinfo, "dddp"),
    NOT_PERMITTED(perf_event_open),
    CALL(recvmmsg, "dpuxp"),
    CALL(prlimit64, "ddpp"),
    NOT_PERMITTED(open_by_handle_at),
    CALL(syncfs, "d"),
    CALL(sendmmsg, "dpux"),
    NOT_PERMITTED(setns),
    CALL(getcpu, "pp"),
    NOT_PERMITTED(process_vm_readv),
    NOT_PERMITTED(process_vm_writev),
    NOT_PERMITTED(finit_module),
    CALL(sched_setattr, "dpx"),
    CALL(sched_getattr, "dpux"),
    CALL(renameat2, "dsdsx"),
    NOT_THERE(seccomp),
    CALL(getrandom, "pux"),
    CALL(memfd_create, "sx"),
    NOT_PERMITTED(bpf),
    CALL(execveat, "dsppx"),
    NOT_PERMITTED(userfaultfd),
    CALL(membarrier, "dxd"),
    CALL_BY(mlock2, mlock, "pux"),
    CALL(copy_file_range, "dpdpux"),
    CALL(preadv2, "dpuuux"),
    CALL(pwritev2, "dpuuux"),
    NOT_THERE(pkey_mprotect),
    NOT_THERE(pkey_alloc),
    NOT_THERE(pkey_free),
    CALL(statx, "dsxxp"),
    NOT_THERE(rseq),
    CALL(pidfd_send_signal, "ddpx"),
    NOT_THERE(io_uring_setup),
    CALL(pidfd_open, "dx"),
    CALL(clone3, "pu"),
    CALL(close_range, "ddx"),
    NOT_THERE(openat2),
    CALL(faccessat2, "dsox"),
    CALL(epoll_pwait2, "dpdppu"),
    NOT_THERE(landlock_create_ruleset),
};

#define UNKNOWN_MAX 512

/* Once for each number, so that a program that asks again and again does not fill the log. */
static void log_unknown(uint64_t number)
{
    static bool logged[UNKNOWN_MAX];

    if (number < UNKNOWN_MAX && logged[number])
        return;
    if (number < UNKNOWN_MAX)
        logged[number] = true;
    log_line("%s[%d]: there is no system call %lu here: ENOSYS", current_process()->command,
             current_process()->id, number);
}

static bool is_known(uint64_t number)
{
    return number < ARRAY_SIZE(calls) && calls[number].handler != NULL;
}

static long make_call(const struct registers *registers)
{
    const uint64_t number = registers->call;

    if (is_known(number))
        return calls[number].handler(registers->rdi, registers->rsi, registers->rdx, registers->r10,
                                     registers->r8, registers->r9);
    log_unknown(number);
    return -ENOSYS;
}

static bool returns(uint64_t call)
{
    return call != __NR_exit && call != __NR_exit_group && call != __NR_rt_sigreturn;
}

static long make_traced_call(const struct registers *registers)
{
    const uint64_t call = registers->call;
    struct trace trace;
    char number[32];

    format(number, sizeof(number), "syscall_%lu", call);
    trace_call(&trace, is_known(call) ? calls[call].name : number,
               is_known(call) ? calls[call].kinds : "xxxxxx", registers);
    if (!returns(call))
        trace_no_result(&trace);
    long result = make_call(registers);
    if (returns(call))
        trace_result(&trace, result);
    return result;
}

/* Called by entry.asm, on the kernel stack of the thread. */
void system_call(struct registers *registers)
{
    const bool is_traced = (host_config->flags & LINUX_TRACE) != 0;
    long result = is_traced ? make_traced_call(registers) : make_call(registers);

    registers->rax = (uint64_t)result;
    schedule_before_program();
    if (signal_is_pending(current) || current->restore_mask || result == -EINTR)
        signal_deliver(registers, registers->call < ARRAY_SIZE(calls));
}
