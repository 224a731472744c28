/* The oracle reads a policy as a person does. */
#include "policy/tool/oracle.h"

#include "tap.h"

#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILL  SECCOMP_RET_KILL_PROCESS
#define ALLOW SECCOMP_RET_ALLOW
#define ANY   0x5555555555555555
#define HIGH  0x100000000

static const char policy[] = "# A policy: one of each kind.\n"
                             "\n"
                             "# read: 1\n"
                             "exit_group: 1\n"
                             "clone3: return ENOSYS\n"
                             "close: arg0 == 7\n"
                             "dup2:arg0==1&&arg1==2||arg1==3\n"
                             "socket: arg0 == AF_INET && arg1 == SOCK_STREAM|SOCK_CLOEXEC || \\\n"
                             "        arg0 == AF_UNIX\n"
                             "mprotect: arg2 in PROT_READ | PROT_WRITE\n"
                             "madvise: arg2 in 0\n"
                             "openat: arg0 == AT_FDCWD && arg1 == -1\n";

static struct oracle oracle;

static void expect(uint32_t expected, uint32_t number, uint64_t arg0, uint64_t arg1, uint64_t arg2,
                   const char *what)
{
    struct seccomp_data data = {
        .nr = number, .arch = AUDIT_ARCH_X86_64, .args = {arg0, arg1, arg2, ANY, ANY, ANY}};
    uint32_t action = oracle_action(&oracle, &data);

    if (!ok(action == expected, "%s", what))
        printf("# got 0x%08x, expected 0x%08x\n", action, expected);
}

static void read_policy(void)
{
    char path[] = "/tmp/oracle.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, policy, strlen(policy)) != (ssize_t)strlen(policy))
        err(1, "cannot write the policy of this test to %s", path);
    oracle = oracle_read(path);
    close(fd);
    unlink(path);
}

static void test_rules(void)
{
    expect(KILL, SYS_read, 0, 0, 0, "a rule in a comment is none");
    expect(ALLOW, SYS_exit_group, ANY, ANY, ANY, "1 allows with all arguments");
    expect(SECCOMP_RET_ERRNO | ENOSYS, SYS_clone3, ANY, ANY, ANY, "return fails the call");
    expect(KILL, SYS_write, 0, 0, 0, "what has no rule kills");
    expect(KILL, 1023, 0, 0, 0, "what has no name kills");
    expect(KILL, SYS_exit_group | 0x40000000, 0, 0, 0, "x32 kills");
    expect(KILL, UINT32_MAX, 0, 0, 0, "number -1 kills");
}

static void test_equality(void)
{
    expect(ALLOW, SYS_close, 7, ANY, ANY, "== allows its value");
    expect(KILL, SYS_close, 6, ANY, ANY, "== refuses the value below");
    expect(KILL, SYS_close, 8, ANY, ANY, "== refuses the value above");
    expect(KILL, SYS_close, 7 | HIGH, ANY, ANY, "== looks at the high half");
    expect(ALLOW, SYS_openat, 0xffffff9c, 0xffffffff, ANY,
           "a negative int has its high half clear");
    expect(KILL, SYS_openat, -100, 0xffffffff, ANY, "and not set");
}

static void test_joined(void)
{
    expect(ALLOW, SYS_dup2, 1, 2, ANY, "&& wants both");
    expect(KILL, SYS_dup2, 1, 1, ANY, "the first of && is not enough");
    expect(KILL, SYS_dup2, 2, 2, ANY, "the second of && is not enough");
    expect(ALLOW, SYS_dup2, 2, 3, ANY, "|| joins what && joined closer");
    expect(ALLOW, SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, ANY, "| joins bits");
    expect(KILL, SYS_socket, AF_INET, SOCK_STREAM, ANY, "all of the bits");
    expect(ALLOW, SYS_socket, AF_UNIX, ANY, ANY, "a rule goes on behind a backslash");
}

static void test_masks(void)
{
    expect(ALLOW, SYS_mprotect, ANY, ANY, 0, "in allows none of the bits");
    expect(ALLOW, SYS_mprotect, ANY, ANY, 1, "in allows one of the bits");
    expect(ALLOW, SYS_mprotect, ANY, ANY, 3, "in allows all of the bits");
    expect(KILL, SYS_mprotect, ANY, ANY, 4, "in refuses another bit");
    expect(KILL, SYS_mprotect, ANY, ANY, 7, "in refuses another bit beside those");
    expect(KILL, SYS_mprotect, ANY, ANY, 1 | HIGH, "in looks at the high half");
    expect(ALLOW, SYS_madvise, ANY, ANY, 0, "in 0 allows 0");
    expect(KILL, SYS_madvise, ANY, ANY, 1, "in 0 allows nothing else");
}

static void test_architecture(void)
{
    struct seccomp_data data = {.nr = SYS_exit_group, .arch = AUDIT_ARCH_I386};

    ok(oracle_action(&oracle, &data) == KILL, "i386 kills");
}

int main(void)
{
    read_policy();
    test_rules();
    test_equality();
    test_joined();
    test_masks();
    test_architecture();
    oracle_free(&oracle);
    return done();
}
