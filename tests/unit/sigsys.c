/* What the supervisor makes of the kernel's records of processes that seccomp killed. */
#include "jailer/sigsys.h"

#include "capture.h"
#include "tap.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { VMM_UID = 0x70000000, BROKER_UID, OTHER_UID };

static struct user_log out;

/* The kernel log: each read(2) takes one record, as from /dev/kmsg. */
static int records[2];

static void put(const char *record)
{
    if (send(records[1], record, strlen(record), 0) < 0)
        err(1, "cannot put a record");
}

/* A record of Linux, of a process with that uid and name that made that call. */
static void put_death(uid_t uid, const char *comm, const char *arch, unsigned number)
{
    char record[512];

    snprintf(record, sizeof(record),
             "5,1277,88412345,-;audit: type=1326 audit(1700000000.123:45): auid=4294967295 uid=%u "
             "gid=%u ses=4294967295 pid=4711 comm=\"%s\" exe=\"/memfd:x\" sig=31 arch=%s "
             "syscall=%u compat=0 ip=0x7f1234567890 code=0x80000000\n",
             uid, uid, comm, arch, number);
    put(record);
}

/* What is said of the records that were put since; and to whom it is taken to have happened. */
static void expect(struct kernel_log *log, const char *program, const char *words)
{
    struct capture said;
    const char *text;

    log->told = NULL;
    capture(&said);
    kernel_log_read(log);
    user_log_finish(&out);
    text = captured(&said);
    if (!ok(!program ? !log->told && *text == '\0'
                     : log->told && strcmp(log->told, program) == 0 && strstr(text, words),
            "%s", !program ? words : program))
        printf("# %s", text);
}

static void test_processes(struct kernel_log *log)
{
    put_death(VMM_UID, "sparkler-vmm", "c000003e", SYS_mount);
    expect(log, "sparkler-vmm",
           "sparkler-vmm was killed by SIGSYS: mount (165): policy/vmm.policy has no rule for "
           "it, policy/vmm-boot.policy has no rule for it; see policy/README.md, \"Change a "
           "rule\"\n");
    put_death(VMM_UID, "another-program", "c000003e", SYS_mount);
    expect(log, "sparkler-vmm", "sparkler-vmm was killed");
    put_death(VMM_UID, "sparkler-linux", "c000003e", SYS_mount);
    expect(
        log, "sparkler-vmm",
        ": policy/vmm-linux.policy has no rule for it, policy/vmm-boot.policy has no rule for it;");
    put_death(BROKER_UID, "sparkler-netbro", "c000003e", SYS_mount);
    expect(log, "sparkler-netbroker",
           "policy/netbroker.policy has no rule for it, policy/warden.policy has no rule for it;");
    put_death(BROKER_UID, "resolver", "c000003e", SYS_mount);
    expect(log, "the resolver",
           "policy/resolver.policy has no rule for it, policy/warden.policy has no rule for it;");
    put_death(BROKER_UID, "warden", "c000003e", SYS_mount);
    expect(log, "the broker's warden", ": policy/warden.policy has no rule for it;");
    put_death(BROKER_UID, "janitor", "c000003e", SYS_mount);
    expect(log, "the janitor", ": policy/janitor.policy has no rule for it;");
}

static void test_calls(struct kernel_log *log)
{
    put_death(VMM_UID, "sparkler-vmm", "c000003e", SYS_ioctl);
    expect(log, "sparkler-vmm", " allows other arguments only, policy/vmm-boot.policy:");
    put_death(BROKER_UID, "sparkler-netbro", "c000003e", SYS_getppid);
    expect(log, "sparkler-netbroker", "policy/netbroker.policy has no rule for it; see ");
    put_death(VMM_UID, "sparkler-vmm", "40000003", 11);
    expect(log, "sparkler-vmm", "system call 11 of i386, of x32 or unknown to all policies\n");
    put_death(VMM_UID, "sparkler-vmm", "c000003e", 0x40000000);
    expect(log, "sparkler-vmm", "system call 1073741824 of i386, of x32 or unknown");
}

static void test_others(struct kernel_log *log)
{
    put_death(OTHER_UID, "sparkler-vmm", "c000003e", SYS_mount);
    expect(log, NULL, "another VM's process");
    put("5,1278,88412399,-;audit: type=1400 audit(1700000000.1:4): uid=1879048192 pid=1\n");
    expect(log, NULL, "a record of another type");
    put("6,1279,88412400,-;usb 1-1: comm=\"sparkler-vmm\" uid=1879048192 syscall=110\n");
    expect(log, NULL, "another driver's record");
    put("5,1280,88412401,-;audit: type=1326 audit(");
    expect(log, NULL, "a record that is cut short");
    put_death(OTHER_UID, "uid=1879048192", "c000003e", SYS_mount);
    expect(log, NULL, "a name that looks like a uid");
    expect(log, NULL, "no record");

    put_death(OTHER_UID, "sparkler-vmm", "c000003e", SYS_mount);
    put_death(BROKER_UID, "resolver", "c000003e", SYS_mount);
    put("6,1281,88412402,-;usb 1-1: new device\n");
    expect(log, "the resolver", "the resolver was killed by SIGSYS: mount");
}

/* In user namespaces VMM and broker have one uid, and are told by their names. */
static void test_one_uid(void)
{
    struct kernel_log log = {.fd = records[0], .vmm = VMM_UID, .broker = VMM_UID, .out = &out};

    put_death(VMM_UID, "sparkler-netbro", "c000003e", SYS_mount);
    expect(&log, "sparkler-netbroker", "policy/netbroker.policy has no rule for it");
    put_death(VMM_UID, "sparkler-vmm", "c000003e", SYS_mount);
    expect(&log, "sparkler-vmm", "policy/vmm.policy has no rule for it");
}

static void test_told(struct kernel_log *log)
{
    struct kernel_log none = {.fd = -1};
    bool told, again, other;

    log->told = NULL;
    put_death(BROKER_UID, "resolver", "c000003e", SYS_mount);
    put_death(VMM_UID, "sparkler-vmm", "c000003e", SYS_mount);
    told = kernel_log_told(log, "sparkler-vmm");
    again = kernel_log_told(log, "sparkler-vmm");
    other = kernel_log_told(log, "the janitor");
    ok(told && again, "a death that is in the log is told");
    ok(!other, "one that is not there is not waited for without end");
    ok(!kernel_log_told(&none, "sparkler-vmm"), "without a log nothing is told");
}

int main(void)
{
    struct kernel_log log = {.vmm = VMM_UID, .broker = BROKER_UID, .out = &out};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, records) != 0)
        err(1, "socketpair");
    log.fd = records[0];
    test_processes(&log);
    test_calls(&log);
    test_others(&log);
    test_one_uid();
    test_told(&log);
    return done();
}
