/* Arguments of the system calls that policies compare, as section 2 of the manual names them. */
#include "policy/tool/arguments.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *syscall;
    const char *args[6];
} named[] = {
    {"accept4", {"sockfd", "addr", "addrlen", "flags"}},
    {"access", {"path", "mode"}},
    {"arch_prctl", {"op", "addr"}},
    {"bind", {"sockfd", "addr", "addrlen"}},
    {"clock_gettime", {"clockid", "tp"}},
    {"clock_nanosleep", {"clockid", "flags", "request", "remain"}},
    {"clone", {"flags", "stack", "parent_tid", "child_tid", "tls"}},
    {"close", {"fd"}},
    {"close_range", {"first", "last", "flags"}},
    {"connect", {"sockfd", "addr", "addrlen"}},
    {"dup2", {"oldfd", "newfd"}},
    {"dup3", {"oldfd", "newfd", "flags"}},
    {"epoll_create1", {"flags"}},
    {"epoll_ctl", {"epfd", "op", "fd", "event"}},
    {"eventfd2", {"initval", "flags"}},
    {"execveat", {"dirfd", "path", "argv", "envp", "flags"}},
    {"exit", {"status"}},
    {"exit_group", {"status"}},
    {"fallocate", {"fd", "mode", "offset", "len"}},
    {"fcntl", {"fd", "op", "arg"}},
    {"fstat", {"fd", "statbuf"}},
    {"ftruncate", {"fd", "length"}},
    {"futex", {"uaddr", "op", "val", "timeout", "uaddr2", "val3"}},
    {"getrandom", {"buf", "buflen", "flags"}},
    {"getsockopt", {"sockfd", "level", "optname", "optval", "optlen"}},
    {"ioctl", {"fd", "request", "arg"}},
    {"kill", {"pid", "sig"}},
    {"landlock_add_rule", {"ruleset_fd", "rule_type", "rule_attr", "flags"}},
    {"landlock_create_ruleset", {"attr", "size", "flags"}},
    {"landlock_restrict_self", {"ruleset_fd", "flags"}},
    {"lseek", {"fd", "offset", "whence"}},
    {"madvise", {"addr", "length", "advice"}},
    {"mmap", {"addr", "length", "prot", "flags", "fd", "offset"}},
    {"mprotect", {"addr", "length", "prot"}},
    {"mremap", {"old_address", "old_size", "new_size", "flags", "new_address"}},
    {"newfstatat", {"dirfd", "path", "statbuf", "flags"}},
    {"openat", {"dirfd", "path", "flags", "mode"}},
    {"pidfd_send_signal", {"pidfd", "sig", "info", "flags"}},
    {"pipe2", {"pipefd", "flags"}},
    {"poll", {"fds", "nfds", "timeout"}},
    {"ppoll", {"fds", "nfds", "timeout", "sigmask", "sigsetsize"}},
    {"prctl", {"op", "arg2", "arg3", "arg4", "arg5"}},
    {"pread64", {"fd", "buf", "count", "offset"}},
    {"prlimit64", {"pid", "resource", "new_limit", "old_limit"}},
    {"pwrite64", {"fd", "buf", "count", "offset"}},
    {"read", {"fd", "buf", "count"}},
    {"readv", {"fd", "iov", "iovcnt"}},
    {"recvfrom", {"sockfd", "buf", "len", "flags", "src_addr", "addrlen"}},
    {"recvmsg", {"sockfd", "msg", "flags"}},
    {"renameat2", {"olddirfd", "oldpath", "newdirfd", "newpath", "flags"}},
    {"rseq", {"rseq", "rseq_len", "flags", "sig"}},
    {"rt_sigaction", {"signum", "act", "oldact", "sigsetsize"}},
    {"rt_sigprocmask", {"how", "set", "oldset", "sigsetsize"}},
    {"seccomp", {"operation", "flags", "args"}},
    {"sendmmsg", {"sockfd", "msgvec", "vlen", "flags"}},
    {"sendmsg", {"sockfd", "msg", "flags"}},
    {"sendto", {"sockfd", "buf", "len", "flags", "dest_addr", "addrlen"}},
    {"setitimer", {"which", "new_value", "old_value"}},
    {"setsockopt", {"sockfd", "level", "optname", "optval", "optlen"}},
    {"shutdown", {"sockfd", "how"}},
    {"socket", {"domain", "type", "protocol"}},
    {"socketpair", {"domain", "type", "protocol", "sv"}},
    {"tgkill", {"tgid", "tid", "sig"}},
    {"unlinkat", {"dirfd", "path", "flags"}},
    {"wait4", {"pid", "wstatus", "options", "rusage"}},
    {"waitid", {"idtype", "id", "infop", "options", "rusage"}},
    {"write", {"fd", "buf", "count"}},
    {"writev", {"fd", "iov", "iovcnt"}},
};

const char *argument_name(const char *syscall, unsigned arg)
{
    static const char *const plain[] = {"argument 0", "argument 1", "argument 2",
                                        "argument 3", "argument 4", "argument 5"};

    for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
        if (strcmp(named[i].syscall, syscall) == 0 && named[i].args[arg])
            return named[i].args[arg];
    return plain[arg];
}
