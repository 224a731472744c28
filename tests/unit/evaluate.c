/*
 * The evaluator against the running kernel: a child installs a random filter and makes random
 * calls, and each must return what the evaluator says. All filters answer with an errno that
 * depends on what they computed, so no call does anything; only exit_group passes.
 */
#include "policy/tool/evaluate.h"

#include "tap.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILTERS      400
#define CALLS        40 /* for each filter */
#define BODY         80 /* random instructions of a filter */
#define INSTRUCTIONS (3 + 2 * BPF_MEMWORDS + BODY + 4)
/* Linux lets these pass without asking any filter (__secure_computing() since 6.14 and 6.18); made
 * from anywhere but the kernel's own trampoline they end in SIGILL and ENXIO. */
#define URETPROBE 335
#define UPROBE    336

#define DENIED 200 /* the child's exit status if its filter was refused */

struct call {
    struct seccomp_data data;
    long result;
};

struct shared {
    unsigned done; /* how many calls returned */
    int refused;   /* errno of the installation */
    struct call calls[CALLS];
};

static uint32_t number32(void)
{
    static const uint32_t edges[] = {0, 1, 2, 31, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

    if (random() % 3 == 0)
        return edges[random() % 8];
    return (uint32_t)random() << (random() % 2) ^ (uint32_t)random() >> random() % 32;
}

static uint64_t number64(void)
{
    return (uint64_t)number32() << 32 | number32();
}

static uint32_t interesting(const struct call *calls)
{
    const uint32_t *words = (const uint32_t *)&calls[random() % CALLS].data;

    return random() % 2 ? words[random() % 16] : number32();
}

static struct sock_filter random_jump(const struct call *calls, unsigned left)
{
    static const uint16_t conditions[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
    unsigned farthest = left < 6 ? left : 6;
    struct sock_filter jump = {.code = BPF_JMP | conditions[random() % 4]};

    if (random() % 8 == 0)
        return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, random() % farthest);
    jump.code |= random() % 4 == 0 ? BPF_X : BPF_K;
    jump.jt = random() % farthest;
    jump.jf = random() % farthest;
    jump.k = BPF_SRC(jump.code) == BPF_X ? 0 : interesting(calls);
    return jump;
}

static struct sock_filter random_arithmetic(const struct call *calls)
{
    static const uint16_t operations[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
                                          BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH};
    uint16_t operation = operations[random() % 9];
    uint32_t k = interesting(calls);

    if (random() % 10 == 0)
        return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
    if (random() % 3 == 0)
        return (struct sock_filter)BPF_STMT(BPF_ALU | operation | BPF_X, 0);
    if (operation == BPF_LSH || operation == BPF_RSH)
        k %= 32;
    if (operation == BPF_DIV && k == 0)
        k = 3;
    return (struct sock_filter)BPF_STMT(BPF_ALU | operation | BPF_K, k);
}

static struct sock_filter random_instruction(const struct call *calls, unsigned left)
{
    uint32_t slot = random() % BPF_MEMWORDS;

    switch (random() % 16) {
    case 0:
        return (struct sock_filter)BPF_STMT(BPF_ST, slot);
    case 1:
        return (struct sock_filter)BPF_STMT(BPF_STX, slot);
    case 2:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_MEM, slot);
    case 3:
        return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_MEM, slot);
    case 4:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, interesting(calls));
    case 5:
        return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, interesting(calls));
    case 6:
        return (struct sock_filter)BPF_STMT((random() % 2 ? BPF_LD : BPF_LDX) | BPF_W | BPF_LEN, 0);
    case 7:
        return (struct sock_filter)BPF_STMT(BPF_MISC | (random() % 2 ? BPF_TAX : BPF_TXA), 0);
    case 8:
    case 9:
    case 10:
        return random_arithmetic(calls);
    case 11:
    case 12:
        return random_jump(calls, left);
    default:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * (random() % 16));
    }
}

/* Lets exit_group pass, sets the memory, runs the random part, and makes an errno of A. */
static void random_filter(const struct call *calls, struct sock_filter *out)
{
    *out++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    *out++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1);
    *out++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    for (unsigned slot = 0; slot < BPF_MEMWORDS; slot++) {
        *out++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, number32());
        *out++ = (struct sock_filter)BPF_STMT(BPF_ST, slot);
    }
    for (unsigned left = BODY; left > 0; left--)
        *out++ = random_instruction(calls, left);
    *out++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff);
    *out++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
    *out++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
    *out++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
}

/* Like syscall(2), but records where the call is made, which filters see too. */
static long make_call(struct seccomp_data *data)
{
    register long r10 __asm__("r10") = data->args[3];
    register long r8 __asm__("r8") = data->args[4];
    register long r9 __asm__("r9") = data->args[5];
    uint64_t address;
    long result = data->nr;

    __asm__ volatile("leaq 1f(%%rip), %1\n\tmovq %1, %2\n\tsyscall\n1:"
                     : "+a"(result), "=&b"(address), "=m"(data->instruction_pointer)
                     : "D"(data->args[0]), "S"(data->args[1]), "d"(data->args[2]), "r"(r10),
                       "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* In a child: installs the filter and makes the calls. Returns the child's wait status. */
static int run_child(const struct sock_fprog *filter, struct shared *shared)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_DUMPABLE, 0);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) != 0) {
            shared->refused = errno;
            _exit(DENIED);
        }
        for (; shared->done < CALLS; shared->done++) {
            struct call *call = &shared->calls[shared->done];

            call->result = make_call(&call->data);
        }
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("Bail out! cannot run a child: %s\n", strerror(errno));
        exit(1);
    }
    return status;
}

static void random_calls(struct shared *shared)
{
    memset(shared, 0, sizeof(*shared));
    for (unsigned i = 0; i < CALLS; i++) {
        struct seccomp_data *data = &shared->calls[i].data;

        data->arch = AUDIT_ARCH_X86_64;
        do
            data->nr = random() % 2 ? random() % 512 : (int)number32();
        while (data->nr == SYS_exit_group || data->nr == URETPROBE || data->nr == UPROBE);
        for (unsigned arg = 0; arg < 6; arg++)
            data->args[arg] = number64();
    }
}

/* Whether the evaluator agrees with the kernel on each call; one that kills is the last. */
static bool agree(const struct sock_fprog *filter, const struct shared *shared, int status,
                  uint8_t *taken)
{
    for (unsigned i = 0; i < CALLS && i <= shared->done; i++) {
        uint32_t action;

        if (!evaluate(filter, &shared->calls[i].data, &action, taken))
            return false;
        if (i == shared->done)
            return action == SECCOMP_RET_KILL_THREAD && WIFSIGNALED(status) &&
                   WTERMSIG(status) == SIGSYS;
        if (action != (SECCOMP_RET_ERRNO | (uint32_t)-shared->calls[i].result))
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_random_filters(struct shared *shared)
{
    struct sock_filter instructions[INSTRUCTIONS];
    struct sock_fprog filter = {INSTRUCTIONS, instructions};
    unsigned agreed = 0, calls = 0, killed = 0, both_ways = 0;

    for (unsigned i = 0; i < FILTERS; i++) {
        uint8_t taken[INSTRUCTIONS] = {0};
        int status;

        random_calls(shared);
        random_filter(shared->calls, instructions);
        status = run_child(&filter, shared);
        if (agree(&filter, shared, status, taken))
            agreed++;
        else
            printf("# filter %u, call %u: refused %d, wait status 0x%x\n", i, shared->done,
                   shared->refused, status);
        calls += shared->done;
        killed += shared->done < CALLS;
        for (unsigned at = 3; at < INSTRUCTIONS; at++)
            both_ways += taken[at] == (BRANCH_TRUE | BRANCH_FALSE);
    }
    ok(agreed == FILTERS, "%u random filters judge as the kernel does", agreed);
    ok(calls > FILTERS * CALLS / 2, "%u calls returned", calls);
    ok(killed > 0, "%u filters killed the child, by a division by zero", killed);
    ok(both_ways > FILTERS, "%u jumps went both ways", both_ways);
}

static void test_refused(struct shared *shared, const char *what, struct sock_filter instruction)
{
    struct sock_filter instructions[] = {instruction, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {2, instructions};
    struct seccomp_data data = {.arch = AUDIT_ARCH_X86_64};
    uint32_t action;
    int status;

    memset(shared, 0, sizeof(*shared));
    status = run_child(&filter, shared);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == DENIED && shared->refused == EINVAL,
       "%s: the kernel refuses it", what);
    ok(!evaluate(&filter, &data, &action, NULL), "%s: so does the evaluator", what);
}

int main(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        printf("Bail out! cannot share memory: %s\n", strerror(errno));
        return 1;
    }
    srandom(1);
    test_random_filters(shared);
    test_refused(shared, "a jump past the end",
                 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1));
    test_refused(shared, "a load between two words",
                 (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2));
    test_refused(shared, "a load behind the data",
                 (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64));
    test_refused(shared, "a load of a byte",
                 (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0));
    test_refused(shared, "a store behind the memory", (struct sock_filter)BPF_STMT(BPF_ST, 16));
    test_refused(shared, "a division by the constant zero",
                 (struct sock_filter)BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0));
    test_refused(shared, "a remainder", (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3));
    return done();
}
