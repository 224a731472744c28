/*
 * The attempts of tests/escape.bats: each is one thing that a jailed program must not be able to
 * do, in the plainest form that a kernel without any lock would let its user do, or root.
 */
#include "attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE     4096
#define METADATA 0xa9fea9fe /* 169.254.169.254, where clouds keep their machines' secrets */
#define PRIVATE  0x0a000001 /* 10.0.0.1 */
#define SHM_KEY  0x73706b6c /* of a segment that the test made outside */

long attempt_number;

static char *no_strings[] = {NULL};
static char byte[1];
static const struct in6_addr mapped_loopback = {{{[10] = 0xff, 0xff, 127, 0, 0, 1}}};
static const struct iovec here = {byte, 1}, there = {(void *)0x400000, 1};
static const gid_t root_group;
static const struct rlimit some = {PAGE, PAGE};
static struct __user_cap_header_struct cap_header = {_LINUX_CAPABILITY_VERSION_3, 0};
static const struct __user_cap_data_struct cap_data[2] = {
    {1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN, 0}};
static const struct bpf_insn return_0[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
                                           {.code = BPF_JMP | BPF_EXIT}};
static const union bpf_attr kprobe = {
    .prog_type = BPF_PROG_TYPE_KPROBE,
    .insn_cnt = 2,
    .insns = (uintptr_t)return_0,
    .license = (uintptr_t) "GPL",
};
static const struct perf_event_attr all_processes = {
    .type = PERF_TYPE_SOFTWARE,
    .size = sizeof(all_processes),
    .config = PERF_COUNT_SW_CPU_CLOCK,
};
static struct { /* struct file_handle of open_by_handle_at(2), with its end */
    unsigned bytes;
    int type;
    uint8_t inode[8];
} root_inode = {8, 1, {2}};

static long execute_memory(void)
{
    int fd = memfd_create("x", 0);

    return fd < 0 ? -1 : syscall(SYS_execveat, fd, "", no_strings, no_strings, AT_EMPTY_PATH);
}

static long connect_abstract(void)
{
    static const char name[] = "\0sparkler-escape-test";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    for (size_t i = 0; i < sizeof(name) - 1; i++)
        address.sun_path[i] = name[i];
    return fd < 0 ? -1
                  : connect(fd, (const struct sockaddr *)&address,
                            offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1);
}

static struct sockaddr_in ipv4_address(uint32_t address)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(address)};
}

static long send_datagram(const void *address, socklen_t size)
{
    int fd = socket(((const struct sockaddr *)address)->sa_family, SOCK_DGRAM, 0);

    return fd < 0 ? -1 : sendto(fd, byte, 1, 0, address, size);
}

static long send_ipv4(uint32_t number)
{
    const struct sockaddr_in address = ipv4_address(number);

    return send_datagram(&address, sizeof(address));
}

/* A TCP port of this machine, and a message to it. */
static struct sockaddr_in listener = {.sin_family = AF_INET};
static struct mmsghdr to_listener = {
    .msg_hdr = {
        .msg_name = &listener,
        .msg_namelen = sizeof(listener),
        .msg_iov = (struct iovec *)&here,
        .msg_iovlen = 1,
        .msg_flags = MSG_FASTOPEN, /* where the kernel must not look */
    }};

/* A socket as the resolver may have it. */
static int listener_socket(void)
{
    listener.sin_port = htons((uint16_t)attempt_number);
    listener.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long connect_listener(void)
{
    return connect(listener_socket(), (const struct sockaddr *)&listener, sizeof(listener));
}

/* The same, without waiting for the connection. */
static long knock(void)
{
    int fd = listener_socket();

    return fcntl(fd, F_SETFL, O_NONBLOCK) != 0
               ? -1
               : connect(fd, (const struct sockaddr *)&listener, sizeof(listener));
}

/* Data that makes the connection itself, which Landlock does not see. */
static long sendto_fastopen(void)
{
    return sendto(listener_socket(), byte, 1, MSG_FASTOPEN | MSG_DONTWAIT,
                  (const struct sockaddr *)&listener, sizeof(listener));
}

static long sendmsg_fastopen(void)
{
    return syscall(SYS_sendmsg, listener_socket(), &to_listener.msg_hdr,
                   MSG_FASTOPEN | MSG_DONTWAIT);
}

static long sendmmsg_fastopen(void)
{
    return syscall(SYS_sendmmsg, listener_socket(), &to_listener, 1, MSG_FASTOPEN | MSG_DONTWAIT);
}

static long sendmmsg_nosignal(void)
{
    return syscall(SYS_sendmmsg, listener_socket(), &to_listener, 1, MSG_NOSIGNAL);
}

static long send_ipv6(struct in6_addr number)
{
    const struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_addr = number};

    return send_datagram(&address, sizeof(address));
}

static long send_metadata(void)
{
    return send_ipv4(METADATA);
}

static long send_any(void)
{
    return send_ipv4(INADDR_ANY);
}

static long send_loopback(void)
{
    return send_ipv4(INADDR_LOOPBACK);
}

static long send_private(void)
{
    return send_ipv4(PRIVATE);
}

static long send_loopback_ipv6(void)
{
    return send_ipv6(in6addr_loopback);
}

static long send_mapped(void)
{
    return send_ipv6(mapped_loopback);
}

static long bind_port(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(34567)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long stop_interface(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    return fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
}

static long set_clock(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) != 0 ? -1 : clock_settime(CLOCK_REALTIME, &now);
}

static long make_executable(void)
{
    static _Alignas(PAGE) char page[PAGE];

    page[0] = (char)0xc3; /* written, so that it is ours alone */
    return mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}

/* A child that crashes. EPERM stands for the core that it did not leave. */
static long dump_core(void)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        __builtin_trap();
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    errno = EPERM;
    return WCOREDUMP(status) ? 0 : -1;
}

/* getpid(2) as a program of 32 bits calls it. */
static long call_i386(void)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "0"(20) : "r8", "r9", "r10", "r11", "memory");
    errno = (int)-result;
    return result < 0 ? -1 : result;
}

#define OPEN(path, flags)                                                                          \
    SYS_openat,                                                                                    \
    {                                                                                              \
        AT_FDCWD, (long)(path), (flags)                                                            \
    }

const struct attempt attempts[] = {
    {"open-passwd", OPEN("/etc/passwd", O_RDONLY), NULL},
    {"open-root", OPEN("/", O_RDONLY | O_DIRECTORY), NULL},
    {"open-above", OPEN("../../../etc/passwd", O_RDONLY), NULL},
    {"open-proc", OPEN("/proc/self/status", O_RDONLY), NULL},
    {"open-sys", OPEN("/sys/kernel", O_RDONLY), NULL},
    {"open-mem", OPEN("/dev/mem", O_RDONLY), NULL},
    {"open-tty", OPEN("/dev/tty", O_RDWR), NULL},
    {"open-kvm", OPEN("/dev/kvm", O_RDWR), NULL},
    {"open-handle", SYS_open_by_handle_at, {0, (long)&root_inode, O_RDONLY}, NULL},
    {"create", OPEN("/new", O_WRONLY | O_CREAT), NULL},
    {"mkdir", SYS_mkdir, {(long)"/new", 0700}, NULL},
    {"mknod", SYS_mknod, {(long)"/new", S_IFBLK | 0600, 0x800}, NULL},
    {"unlink", SYS_unlink, {(long)"/etc/hosts"}, NULL},
    {"mount", SYS_mount, {(long)"none", (long)"/", (long)"tmpfs"}, NULL},
    {"remount", SYS_mount, {0, (long)"/", 0, MS_REMOUNT | MS_BIND}, NULL},
    {"umount", SYS_umount2, {(long)"/", MNT_DETACH}, NULL},
    {"chroot", SYS_chroot, {(long)"/"}, NULL},
    {"unshare", SYS_unshare, {CLONE_NEWNS}, NULL},
    {"user-namespace", SYS_unshare, {CLONE_NEWUSER}, NULL},
    {"thread", SYS_clone, {CLONE_VM | CLONE_SIGHAND | CLONE_THREAD}, NULL},
    {"execve", SYS_execve, {(long)"/bin/sh", (long)no_strings, (long)no_strings}, NULL},
    {"execute-memory", 0, {0}, execute_memory},
    {"ptrace", SYS_ptrace, {PTRACE_ATTACH, NUMBER}, NULL},
    {"process_vm_readv", SYS_process_vm_readv, {NUMBER, (long)&here, 1, (long)&there, 1}, NULL},
    {"process_vm_writev", SYS_process_vm_writev, {NUMBER, (long)&here, 1, (long)&there, 1}, NULL},
    {"kill", SYS_kill, {NUMBER, SIGKILL}, NULL},
    {"pidfd_open", SYS_pidfd_open, {NUMBER}, NULL},
    {"setpriority", SYS_setpriority, {PRIO_PROCESS, NUMBER, 5}, NULL},
    {"prlimit", SYS_prlimit64, {NUMBER, RLIMIT_CORE, (long)&some}, NULL},
    {"setuid", SYS_setuid, {0}, NULL},
    {"setgroups", SYS_setgroups, {1, (long)&root_group}, NULL},
    {"capset", SYS_capset, {(long)&cap_header, (long)cap_data}, NULL},
    {"setrlimit", SYS_setrlimit, {RLIMIT_CORE, (long)&some}, NULL},
    {"keyctl", SYS_keyctl, {KEYCTL_DESCRIBE, NUMBER}, NULL},
    {"bpf", SYS_bpf, {BPF_PROG_LOAD, (long)&kprobe, sizeof(kprobe)}, NULL},
    {"userfaultfd", SYS_userfaultfd, {0}, NULL},
    {"perf_event_open", SYS_perf_event_open, {(long)&all_processes, -1, 0, -1}, NULL},
    {"io_uring", SYS_io_uring_setup, {1}, NULL},
    {"tiocsti", SYS_ioctl, {0, TIOCSTI, (long)byte}, NULL},
    {"abstract-socket", 0, {0}, connect_abstract},
    {"metadata", 0, {0}, send_metadata},
    {"connect", 0, {0}, connect_listener},
    {"knock", 0, {0}, knock},
    {"sendto-fastopen", 0, {0}, sendto_fastopen},
    {"sendmsg-fastopen", 0, {0}, sendmsg_fastopen},
    {"sendmmsg-fastopen", 0, {0}, sendmmsg_fastopen},
    {"sendmmsg-nosignal", 0, {0}, sendmmsg_nosignal},
    {"any-address", 0, {0}, send_any},
    {"loopback", 0, {0}, send_loopback},
    {"private", 0, {0}, send_private},
    {"loopback-ipv6", 0, {0}, send_loopback_ipv6},
    {"mapped", 0, {0}, send_mapped},
    {"bind", 0, {0}, bind_port},
    {"raw-socket", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_ICMP}, NULL},
    {"packet-socket", SYS_socket, {AF_PACKET, SOCK_RAW}, NULL},
    {"interface", 0, {0}, stop_interface},
    {"shmget", SYS_shmget, {SHM_KEY, PAGE}, NULL},
    {"sethostname", SYS_sethostname, {(long)"probe", 5}, NULL},
    {"clock", 0, {0}, set_clock},
    {"iopl", SYS_iopl, {3}, NULL},
    {"module", SYS_finit_module, {0, (long)""}, NULL},
    {"reboot", SYS_reboot, {0xfee1dead, 672274793, 0}, NULL}, /* only disables Ctrl-Alt-Del */
    {"allocate",
     SYS_mmap,
     {0, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1},
     NULL},
    {"mmap-wx",
     SYS_mmap,
     {0, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1},
     NULL},
    {"mprotect-x", 0, {0}, make_executable},
    {"core", 0, {0}, dump_core},
    {"x32", 0x40000000 | SYS_getpid, {0}, NULL},
    {"int80", 0, {0}, call_i386},
    {"wait", SYS_read, {0, (long)byte, 1}, NULL}, /* no attempt: a test looks from outside */
    {NULL, 0, {0}, NULL},
};
