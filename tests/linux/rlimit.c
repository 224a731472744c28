/* Limits that a program sets itself, and what happens beyond them (setrlimit(2)). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1ul << 20)

static const char *result(long value)
{
    return value >= 0 ? "yes" : strerror(errno);
}

static int limit(int resource, rlim_t soft, rlim_t hard)
{
    return setrlimit(resource, &(struct rlimit){soft, hard});
}

static int open_file(void)
{
    char path[] = "/tmp/rlimit-XXXXXX";
    const int fd = mkstemp(path);

    unlink(path);
    return fd;
}

static void file_size(void)
{
    static char bytes[5000];
    const int fd = open_file();

    signal(SIGXFSZ, SIG_IGN);
    limit(RLIMIT_FSIZE, 4096, 4096);
    printf("    written %zd", write(fd, bytes, sizeof(bytes)));
    printf(", then %s", result(write(fd, bytes, 1)));
    printf(", %s", result(ftruncate(fd, 4097)));
    printf(", %s", result(pwrite(fd, bytes, 1, 4095)));
    printf(", %s\n", result(posix_fallocate(fd, 0, 5000) == EFBIG ? 0 : -1));
}

static void file_size_signal(void)
{
    static char bytes[5000];
    const int fd = open_file();

    limit(RLIMIT_FSIZE, 4096, 4096);
    write(fd, bytes, sizeof(bytes));
    printf("    one is enough\n");
    fflush(stdout);
    write(fd, bytes, 1);
}

static void descriptors(void)
{
    int last = 0, fd;

    limit(RLIMIT_NOFILE, 10, 10);
    while ((fd = dup(1)) >= 0)
        last = fd;
    printf("    up to %d: %s", last, result(fd));
    printf(", %s", result(dup2(1, 10)));
    printf(", %s\n", result(fcntl(1, F_DUPFD, 10)));
}

static long map(size_t size, int protection)
{
    void *memory = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? -1 : 0;
}

static void address_space(void)
{
    limit(RLIMIT_AS, 96 * MIB, 96 * MIB);
    printf("    %s", result(map(16 * MIB, PROT_READ | PROT_WRITE)));
    printf(", %s", result(map(128 * MIB, PROT_READ | PROT_WRITE)));
    printf(", %s", result(map(128 * MIB, PROT_NONE)));
    printf(", %s", result((long)sbrk(128 * MIB)));
    printf(", %s\n", result(map(16 * MIB, PROT_NONE)));
}

static void data(void)
{
    limit(RLIMIT_DATA, 64 * MIB, 64 * MIB);
    printf("    %s", result(map(128 * MIB, PROT_READ | PROT_WRITE)));
    printf(", %s", result(map(128 * MIB, PROT_READ)));
    printf(", %s", result((long)sbrk(128 * MIB)));
    printf(", %s\n", result(map(16 * MIB, PROT_READ | PROT_WRITE)));
}

static void on_signal(int number)
{
    static const char text[] = "    exceeded\n";

    (void)number;
    write(1, text, sizeof(text) - 1);
}

static void processor(void)
{
    signal(SIGXCPU, on_signal);
    limit(RLIMIT_CPU, 1, 2);
    for (;;)
        ;
}

static void processor_of_child(void)
{
    limit(RLIMIT_CPU, 1, 10);
    const pid_t child = fork();
    int status;

    if (child == 0)
        for (;;)
            ;
    waitpid(child, &status, 0);
    printf("    child: signal %d\n", WTERMSIG(status));
}

/* 4 MiB, a page at a time */
static int deep(unsigned count)
{
    volatile char bytes[4096];

    bytes[0] = (char)count;
    return count == 0 ? 0 : deep(count - 1) + bytes[0];
}

static void stack(void)
{
    limit(RLIMIT_STACK, 2 * MIB, RLIM_INFINITY);
    execl("/proc/self/exe", "rlimit", "deep", NULL);
}

static void in_child(const char *name, void (*part)(void))
{
    int status;

    printf("%s\n", name);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        part();
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("    %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return deep(1024) & 0;
    limit(RLIMIT_CORE, 0, 0);
    in_child("fsize", file_size);
    in_child("fsize", file_size_signal);
    in_child("nofile", descriptors);
    in_child("as", address_space);
    in_child("data", data);
    in_child("cpu", processor);
    in_child("cpu", processor_of_child);
    in_child("stack", stack);
    return 0;
}
