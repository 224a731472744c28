/* Processes: fork, exec, wait, what they share and what they do not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char self[] = "/proc/self/exe"; /* a VM shows the file by another name than here */

/* How a child ended that does `what`. */
static const char *end_of(void (*what)(void))
{
    static char text[64];
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        what();
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child)
        return "not there";
    if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "signal %d", WTERMSIG(status));
    else
        snprintf(text, sizeof(text), "status %d", WEXITSTATUS(status));
    return text;
}

static int private_value = 1;
static int *shared_value;

static void change_values(void)
{
    private_value = 2;
    *shared_value = 2;
}

static void touch_null(void)
{
    *(volatile int *)0 = 1;
}

static void execute_data(void)
{
    static char code[] = {(char)0xc3};

    ((void (*)(void))(void *)code)();
}

static int take_stack(unsigned long frames)
{
    volatile char frame[65536];

    frame[0] = (char)frames;
    return frames > 0 ? take_stack(frames - 1) + frame[0] : 0;
}

static void overflow_stack(void)
{
    take_stack(1ul << 30);
}

static void execute_self(void)
{
    execl(self, self, "seven", (char *)NULL);
}

static void execute_nothing(void)
{
    execl("/does/not/exist", "x", (char *)NULL);
    _exit(errno == ENOENT ? 3 : 4);
}

static void test_ends(void)
{
    printf("abort: %s\n", end_of(abort));
    printf("null: %s\n", end_of(touch_null));
    printf("data: %s\n", end_of(execute_data));
    printf("stack: %s\n", end_of(overflow_stack));
    printf("exec: %s\n", end_of(execute_self));
    printf("no file: %s\n", end_of(execute_nothing));
}

static void test_vfork(void)
{
    int status = 0;
    pid_t child = vfork();

    if (child == 0) {
        execl(self, self, "seven", (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    printf("vfork: status %d\n", WEXITSTATUS(status));
}

static void test_sharing(void)
{
    shared_value = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *shared_value = 1;
    end_of(change_values);
    printf("private %d, shared %d\n", private_value, *shared_value);
}

static void test_stop(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        raise(SIGSTOP);
        _exit(3);
    }
    waitpid(child, &status, WUNTRACED);
    printf("stopped: %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    if (WIFCONTINUED(status))
        waitpid(child, &status, 0);
    printf("went on: status %d\n", WEXITSTATUS(status));
}

static void test_no_children(void)
{
    signal(SIGCHLD, SIG_IGN);
    fflush(stdout);
    if (fork() == 0)
        _exit(0);
    printf("nobody to wait for: %d\n", wait(NULL) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

/* A pipe takes 64 KiB, and all arrives in order, however it is cut. */
static void test_pipe(void)
{
    unsigned char bytes[7001];
    unsigned long sum = 0, count = 0;
    int ends[2];
    ssize_t part;

    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    if (fork() == 0) {
        close(ends[0]);
        for (unsigned i = 0; i < 3000; i++) {
            memset(bytes, (int)i, 333);
            if (write(ends[1], bytes, 333) != 333)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    while ((part = read(ends[0], bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < part; i++)
            sum += bytes[i] * (++count % 7);
    wait(NULL);
    printf("pipe: %lu bytes, sum %lu\n", count, sum);
}

/* Whoever opens a FIFO first waits for the other one, even if that has closed it again by then. */
static void test_fifo(void)
{
    const char *path = "/tmp/sparkler-fifo";
    char bytes[16];

    unlink(path);
    if (mkfifo(path, 0600) != 0)
        return;
    for (int first = 0; first < 2; first++) {
        fflush(stdout);
        if (fork() == 0) {
            usleep(first == 0 ? 20000 : 0);
            int end = open(path, O_WRONLY);
            _exit(write(end, "hello", 5) == 5 ? 0 : 1);
        }
        usleep(first == 0 ? 0 : 20000);
        int end = open(path, O_RDONLY);
        printf("FIFO: %zd\n", read(end, bytes, sizeof(bytes)));
        close(end);
        wait(NULL);
    }
    unlink(path);
}

static void test_sockets(void)
{
    int ends[2];
    char bytes[16];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return;
    printf("sent: %zd\n", send(ends[0], "hello", 5, 0));
    printf("peeked none: %zd\n", recv(ends[0], bytes, sizeof(bytes), MSG_DONTWAIT));
    printf("received: %zd\n", recv(ends[1], bytes, sizeof(bytes), 0));
    shutdown(ends[0], SHUT_WR);
    printf("end: %zd\n", read(ends[1], bytes, sizeof(bytes)));
    close(ends[0]);
    printf("nobody: %d\n", send(ends[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

/* What wait4(2) and waitid(2) say of the time that a child has taken. */
static void test_usage(void)
{
    struct rusage usage[2] = {0};
    struct timespec used;
    siginfo_t info;

    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            do
                clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
            while (used.tv_sec == 0 && used.tv_nsec < 30000000);
            _exit(0);
        }
        if (i == 0)
            wait4(child, NULL, 0, &usage[i]);
        else
            syscall(SYS_waitid, P_PID, child, &info, WEXITED, &usage[i]);
    }
    for (int i = 0; i < 2; i++)
        printf("a child took time: %d\n",
               usage[i].ru_utime.tv_sec + usage[i].ru_stime.tv_sec > 0 ||
                   usage[i].ru_utime.tv_usec + usage[i].ru_stime.tv_usec > 20000);
}

static char state_of(pid_t process)
{
    char name[32], state = 0;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)process);
    FILE *file = fopen(name, "r");
    if (file != NULL && fscanf(file, "%*d (%*[^)]) %c", &state) == 1)
        fclose(file);
    return state;
}

/* What /proc says of a child that computes, or waits for its turn to, and of one that waits. */
static void test_states(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            ;
    printf("computes: %c\n", state_of(child));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    while (state_of(child) != 'S')
        usleep(1000);
    kill(child, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    printf("ended: %c\n", state_of(child));
    waitpid(child, NULL, 0);
}

static void do_nothing(int number)
{
    (void)number;
}

enum { SHARE_MEMORY = 0x100, SHARE_HANDLERS = 0x800 }; /* CLONE_VM, CLONE_SIGHAND */
static const uint64_t clear_handlers = 1ull << 32;     /* CLONE_CLEAR_SIGHAND */

/* A child that shares no handlers, but what is ignored. */
static void test_clear_handlers(void)
{
    uint64_t arguments[8] = {clear_handlers, 0, 0, 0, SIGCHLD}; /* struct clone_args */
    struct sigaction handled, ignored;

    signal(SIGUSR1, do_nothing);
    signal(SIGUSR2, SIG_IGN);
    fflush(stdout);
    if (syscall(SYS_clone3, arguments, sizeof(arguments)) == 0) {
        sigaction(SIGUSR1, NULL, &handled);
        sigaction(SIGUSR2, NULL, &ignored);
        printf("no handler: %d, ignored still: %d\n", handled.sa_handler == SIG_DFL,
               ignored.sa_handler == SIG_IGN);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    arguments[0] |= SHARE_HANDLERS | SHARE_MEMORY;
    printf("shared and not: %d\n",
           syscall(SYS_clone3, arguments, sizeof(arguments)) == -1 && errno == EINVAL);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

/* An orphan that has ended is told to its new parent, and forgotten if that waits for nobody. */
static void test_dead_orphan(void (*handler)(int))
{
    siginfo_t info;
    sigset_t set;
    int ends[2];
    pid_t orphan = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGCHLD, handler);
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    if (fork() == 0) {
        signal(SIGCHLD, SIG_DFL);
        orphan = fork();
        if (orphan == 0)
            _exit(0);
        write(ends[1], &orphan, sizeof(orphan));
        waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT);
        _exit(0);
    }
    read(ends[0], &orphan, sizeof(orphan));
    if (handler != SIG_IGN) {
        sigwaitinfo(&set, &info);
        printf("told of the orphan: %d, ", info.si_pid == orphan);
    }
    int count = 0;
    while (wait(NULL) != -1)
        count++;
    printf("waited for: %d\n", count);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    close(ends[0]);
    close(ends[1]);
}

/* Orphans become the children of the next reaper, and can ask for a signal. */
static void test_orphans(void)
{
    int is_reaper = 0, ends[2], number = 0;
    sigset_t set;
    char byte;

    printf("reaper: %d", prctl(PR_SET_CHILD_SUBREAPER, 1));
    prctl(PR_GET_CHILD_SUBREAPER, &is_reaper);
    printf(" %d\n", is_reaper);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    const pid_t self_id = getpid();
    const pid_t between = fork();
    if (between == 0) {
        if (fork() == 0) {
            printf("    bad number: %d", prctl(PR_SET_PDEATHSIG, 65));
            prctl(PR_SET_PDEATHSIG, SIGUSR1);
            prctl(PR_GET_PDEATHSIG, &number);
            printf(", signal %d\n", number);
            fflush(stdout);
            write(ends[1], "r", 1);
            sigwait(&set, &number);
            while (getppid() != self_id)
                usleep(1000);
            printf("    orphan: signal %d\n", number);
            fflush(stdout);
            _exit(9);
        }
        read(ends[0], &byte, 1);
        _exit(8);
    }
    int status = 0;
    waitpid(between, &status, 0);
    printf("waited for status %d", WEXITSTATUS(status));
    wait(&status);
    printf(", then %d\n", WEXITSTATUS(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    close(ends[0]);
    close(ends[1]);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return 7;
    test_sharing();
    test_ends();
    test_vfork();
    test_stop();
    test_no_children();
    test_pipe();
    test_fifo();
    test_sockets();
    test_orphans();
    test_dead_orphan(do_nothing);
    test_dead_orphan(SIG_IGN);
    test_usage();
    test_states();
    test_clear_handlers();
    return 0;
}
