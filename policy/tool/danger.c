/* Which system calls are dangerous, and which arguments make some of them harmless. */
#include "policy/tool/danger.h"

#include <fnmatch.h>
#include <sys/mman.h>

/*
 * A pattern (fnmatch(3)) and what such calls can do. If `arg` is not negative, a rule is harmless
 * when each of its alternatives compares that argument and allows none of `bits` in it.
 */
static const struct {
    const char *pattern, *can;
    int arg;
    uint64_t bits;
} dangers[] = {
    {"clone", "start processes and make namespaces", -1, 0},
    {"clone3", "start processes, and no filter can see its flags", -1, 0},
    {"*fork", "start processes", -1, 0},
    {"exec*", "start other programs", -1, 0},
    {"unshare", "make namespaces", -1, 0},
    {"setns", "enter namespaces", -1, 0},
    {"io_uring_*", "make system calls that no filter sees", -1, 0},
    {"ptrace", "take over other processes", -1, 0},
    {"process_*", "reach the memory of other processes", -1, 0},
    {"pidfd_getfd", "take the descriptors of other processes", -1, 0},
    {"*kill", "signal other processes", -1, 0},
    {"pidfd_send_signal", "signal other processes", -1, 0},
    {"rt_*sigqueueinfo", "signal other processes", -1, 0},
    {"bpf", "load programs into the kernel", -1, 0},
    {"*_module", "load code into the kernel", -1, 0},
    {"kexec*", "replace the kernel", -1, 0},
    {"reboot", "stop the machine", -1, 0},
    {"perf_event_open", "observe other processes and the kernel", -1, 0},
    {"userfaultfd", "stop the kernel in the middle of a copy", -1, 0},
    {"*mount*", "change the file system's tree", -1, 0},
    {"fs[ocp][pio]*", "change the file system's tree", -1, 0},
    {"open_tree", "change the file system's tree", -1, 0},
    {"pivot_root", "change the root", -1, 0},
    {"chroot", "change the root", -1, 0},
    {"open", "open files by name", -1, 0},
    {"openat*", "open files by name", -1, 0},
    {"creat", "create files", -1, 0},
    {"open_by_handle_at", "open files past every directory's permissions", -1, 0},
    {"link*", "change the file system", -1, 0},
    {"unlink*", "change the file system", -1, 0},
    {"symlink*", "change the file system", -1, 0},
    {"rename*", "change the file system", -1, 0},
    {"mk*", "change the file system", -1, 0},
    {"*chmod*", "change the file system", -1, 0},
    {"*chown*", "change the file system", -1, 0},
    {"add_key", "use the kernel's key rings", -1, 0},
    {"request_key", "use the kernel's key rings", -1, 0},
    {"keyctl", "use the kernel's key rings", -1, 0},
    {"set[ug]id", "change user or group", -1, 0},
    {"set[rf]*[ug]id", "change user or group", -1, 0},
    {"setgroups", "change user or group", -1, 0},
    {"capset", "change capabilities", -1, 0},
    {"modify_ldt", "change segment descriptors", -1, 0},
    {"iop[le]*", "reach the machine's ports", -1, 0},
    {"sendmsg", "hand over descriptors", -1, 0},
    {"sendmmsg", "hand over descriptors", -1, 0},
    {"recvmsg", "take in descriptors", -1, 0},
    {"recvmmsg", "take in descriptors", -1, 0},
    {"ioctl", "make any request of any driver unless the request is bound (arg1)", 1, 0},
    {"prctl", "change its own confinement unless the option is bound (arg0)", 0, 0},
    {"fcntl", "do more than the rule means unless the command is bound (arg1)", 1, 0},
    {"socket", "use any network unless the family is bound (arg0)", 0, 0},
    {"mmap", "make memory executable unless PROT_EXEC is excluded (arg2)", 2, PROT_EXEC},
    {"*mprotect", "make memory executable unless PROT_EXEC is excluded (arg2)", 2, PROT_EXEC},
};

static bool bound(const struct conjunction *conjunction, unsigned arg, uint64_t bits)
{
    for (size_t i = 0; i < conjunction->count; i++)
        if (conjunction->comparisons[i].arg == arg)
            return (conjunction->comparisons[i].value & bits) == 0;
    return false;
}

const char *danger(const struct rule *rule)
{
    for (size_t i = 0; i < sizeof(dangers) / sizeof(*dangers); i++) {
        bool harmless = dangers[i].arg >= 0;

        if (fnmatch(dangers[i].pattern, rule->syscall, 0) != 0)
            continue;
        for (size_t j = 0; harmless && j < rule->count; j++)
            harmless = bound(&rule->any[j], dangers[i].arg, dangers[i].bits);
        if (!harmless && !rule->error)
            return dangers[i].can;
    }
    return NULL;
}
