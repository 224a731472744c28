/* Signals: handlers, masks, faults, timers, and what they interrupt. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t caught, caught_code, count;
static void *volatile caught_address;
static sigjmp_buf back;

static void remember(int number, siginfo_t *info, void *context)
{
    (void)context;
    caught = number;
    caught_code = info->si_code;
    caught_address = info->si_addr;
    count++;
}

static void remember_and_jump(int number, siginfo_t *info, void *context)
{
    remember(number, info, context);
    siglongjmp(back, 1);
}

/* The instruction that divides, of two bytes, is stepped over. */
static void step_over(int number, siginfo_t *info, void *context)
{
    remember(number, info, context);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void fault_at(volatile char *address, const char *what)
{
    if (sigsetjmp(back, 1) == 0)
        *address = 1;
    printf("%s: signal %d, code %d, right address %d\n", what, caught, caught_code,
           caught_address == address);
}

static void test_faults(void)
{
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

    sigaltstack(&alternate, NULL);
    handle(SIGSEGV, remember_and_jump, SA_ONSTACK);
    fault_at((char *)0x1234, "nothing there");
    fault_at(page + 5, "read only");
    handle(SIGFPE, step_over, 0);
    __asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax; divl %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx");
    printf("division: signal %d, code %d\n", caught, caught_code);
}

static void test_registers(void)
{
    double kept = 1.5;
    long before = 0x1122334455667788, after;

    handle(SIGUSR1, remember, 0);
    __asm__ volatile("mov %2, %%r12; mov $39, %%eax; syscall; mov %%eax, %%edi; mov $10, %%esi;"
                     "mov $62, %%eax; syscall; mov %%r12, %0"
                     : "=r"(after), "+x"(kept)
                     : "r"(before)
                     : "rax", "rcx", "rdi", "rsi", "r11", "r12", "memory");
    printf("signal %d, code %d, registers %d, %.1f\n", caught, caught_code, before == after, kept);
}

static void test_masks(void)
{
    const struct timespec soon = {.tv_nsec = 10000000};
    sigset_t set, pending;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    count = 0;
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("held back: %d, pending %d\n", count, sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    printf("came once: %d\n", count);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    printf("waited for: %d\n", sigwaitinfo(&set, &info));
    printf("none now: %d\n", sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A child sends signals while its parent reads from a pipe, and then a byte. One signal would do,
 * if the child knew that its parent reads. */
static void test_interruption(int flags, const char *what)
{
    int ends[2];
    char byte;

    handle(SIGUSR1, remember, flags);
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 25; i++) {
            usleep(20000);
            kill(getppid(), SIGUSR1);
        }
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    ssize_t result = read(ends[0], &byte, 1);
    printf("%s: %zd%s\n", what, result, result == -1 && errno == EINTR ? ", interrupted" : "");
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    close(ends[1]);
}

static void test_timers(void)
{
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};

    handle(SIGALRM, remember, 0);
    count = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    while (count < 5)
        pause();
    printf("woken five times\n");
    count = 0;
    while (count < 5) /* the tick finds a program that only computes, too */
        ;
    setitimer(ITIMER_REAL, &never, NULL);
    printf("interrupted five times\n");
}

/* ---- What goes on after a stop, and what does not ---- */

static int wait_by_pause(void)
{
    return pause();
}

static int wait_by_sigsuspend(void)
{
    sigset_t none;

    sigemptyset(&none);
    return sigsuspend(&none);
}

static int wait_by_poll(void)
{
    return poll(NULL, 0, 1000000);
}

static int wait_by_ppoll(void)
{
    return ppoll(NULL, 0, &(struct timespec){.tv_sec = 1000}, NULL);
}

static int wait_by_select(void)
{
    return select(0, NULL, NULL, NULL, &(struct timeval){.tv_sec = 1000});
}

static int wait_by_epoll(void)
{
    struct epoll_event event;

    return epoll_wait(epoll_create1(0), &event, 1, 1000000);
}

/* The system call: musl's function goes on by itself. */
static int wait_by_sigtimedwait(void)
{
    const uint64_t other = 1ull << (SIGUSR2 - 1);

    return (int)syscall(SYS_rt_sigtimedwait, &other, NULL, &(struct timespec){.tv_sec = 1000},
                        sizeof(other));
}

/* The time of the stop is over: 999.8 s are left at most. */
static int wait_by_nanosleep(void)
{
    struct timespec left;
    int result = nanosleep(&(struct timespec){.tv_sec = 1000}, &left);

    printf("    less than all is left: %d\n", left.tv_sec < 999 || left.tv_nsec <= 800000000);
    return result;
}

/* Returns when the process waits, or has ended. */
static void await_sleep(pid_t process)
{
    char name[32], state = 0;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)process);
    while (state != 'S' && state != 'Z') {
        FILE *file = fopen(name, "r");
        if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            return;
        fclose(file);
        usleep(1000);
    }
}

static void test_stop(int (*wait_for_signal)(void), const char *what)
{
    handle(SIGUSR1, remember, SA_RESTART);
    count = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int result = wait_for_signal();
        printf("%s: %d%s, signals handled: %d\n", what, result,
               result == -1 && errno == EINTR ? ", interrupted" : "", (int)count);
        fflush(stdout);
        _exit(0);
    }
    await_sleep(child);
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    usleep(200000);
    kill(child, SIGCONT);
    await_sleep(child);
    kill(child, SIGUSR1);
    waitpid(child, NULL, 0);
}

int main(void)
{
    test_faults();
    test_registers();
    test_masks();
    test_interruption(0, "without SA_RESTART");
    test_interruption(SA_RESTART, "with it");
    test_timers();
    test_stop(wait_by_pause, "pause");
    test_stop(wait_by_sigsuspend, "sigsuspend");
    test_stop(wait_by_poll, "poll");
    test_stop(wait_by_ppoll, "ppoll");
    test_stop(wait_by_select, "select");
    test_stop(wait_by_nanosleep, "nanosleep");
    test_stop(wait_by_epoll, "epoll_wait");
    test_stop(wait_by_sigtimedwait, "sigtimedwait");
    return 0;
}
