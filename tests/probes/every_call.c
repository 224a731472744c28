/*
 * Makes every system call under the policy that it was linked with (POLICY), each in a child of its
 * own, and compares what became of it with the policy file in its argument. All arguments are -1:
 * no descriptor, no pointer and no set of flags has this value, so that a call which reaches the
 * kernel does nothing there. Prints each difference; the exit status is 0 if there is none.
 */
#include "policy/runtime/names.h"
#include "policy/runtime/policy.h"
#include "policy/tool/oracle.h"

#include <err.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS   1024
#define X32_BIT   0x40000000u
#define NO_RESULT 1 /* is no errno and no descriptor: a child's call has not returned */

/* Linux asks no filter for these two, see policy/README.md. */
#define URETPROBE 335
#define UPROBE    336

extern const struct policy POLICY;

static long call_x86_64(uint32_t number)
{
    register long r10 __asm__("r10") = -1, r8 __asm__("r8") = -1, r9 __asm__("r9") = -1;
    long result = number;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(-1l), "S"(-1l), "d"(-1l), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static long call_i386(uint32_t number)
{
    long result = number;

    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(-1l), "c"(-1l), "d"(-1l), "S"(-1l), "D"(-1l)
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

/* Makes the call in a child, under the policy; stores what it returned, if it did. */
static int make_call(uint32_t arch, uint32_t number, volatile long *result)
{
    pid_t child;
    int status;

    *result = NO_RESULT;
    child = fork();
    if (child == 0) {
        if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            err(1, "cannot prepare a child");
        alarm(5); /* for a call that waits */
        policy_install(&POLICY);
        *result = arch == AUDIT_ARCH_X86_64 ? call_x86_64(number) : call_i386(number);
        __builtin_trap(); /* the only end that no policy can forbid */
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        err(1, "cannot run a child");
    return status;
}

static bool as_expected(uint32_t action, int status, long result)
{
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;

    switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_PROCESS:
        return killed && result == NO_RESULT;
    case SECCOMP_RET_ERRNO:
        return result == -(long)(action & SECCOMP_RET_DATA);
    default:
        return !killed;
    }
}

/* Tries one call; returns whether file and kernel agree about it. */
static bool try_call(const struct oracle *oracle, uint32_t arch, uint32_t number,
                     volatile long *result)
{
    struct seccomp_data data = {.nr = number, .arch = arch, .args = {-1, -1, -1, -1, -1, -1}};
    uint32_t action = oracle_action(oracle, &data);
    int status;

    if (arch == AUDIT_ARCH_X86_64 && (number == URETPROBE || number == UPROBE))
        return true;
    status = make_call(arch, number, result);
    if (as_expected(action, status, *result))
        return true;
    printf("%s: call 0x%x (%s) of architecture 0x%x: the file says 0x%08x; wait status 0x%x, "
           "result %ld\n",
           POLICY.name, number, names_syscall(number) ? names_syscall(number) : "no name", arch,
           action, status, *result);
    return false;
}

int main(int argc, char **argv)
{
    volatile long *result =
        mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct oracle oracle;
    unsigned calls = 0, differences = 0;

    if (argc != 2 || result == MAP_FAILED)
        errx(1, "usage: every_call FILE.policy");
    oracle = oracle_read(argv[1]);
    for (uint32_t number = 0; number < NUMBERS; number++) {
        differences += !try_call(&oracle, AUDIT_ARCH_X86_64, number, result);
        differences += !try_call(&oracle, AUDIT_ARCH_X86_64, number | X32_BIT, result);
        differences += !try_call(&oracle, AUDIT_ARCH_I386, number, result);
        calls += 3;
    }
    printf("%s: %u calls made, %u end differently\n", POLICY.name, calls, differences);
    oracle_free(&oracle);
    return differences ? 1 : 0;
}
