/*
 * Takes all that there is of one thing, twice, and says how each time ended. For a VM: it would
 * take all that a machine has, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char bytes[65536];

static void say(const char *what, const char *call, unsigned long count)
{
    const int error = errno;

    printf("%s: %s: %s after %s\n", what, call,
           error == EAGAIN   ? "EAGAIN"
           : error == EMFILE ? "EMFILE"
           : error == ENOMEM ? "ENOMEM"
           : error == ENOSPC ? "ENOSPC"
                             : strerror(error),
           count > 10 ? "many" : "few");
}

static void close_all(void)
{
    syscall(SYS_close_range, 3u, ~0u, 0u);
}

static void take_processes(void)
{
    int hold[2];
    unsigned long count = 0;
    pid_t child;
    char byte;

    if (pipe(hold) != 0)
        exit(2);
    while ((child = fork()) > 0)
        count++;
    if (child == 0) { /* until the parent closes the pipe */
        close(hold[1]);
        _exit((int)read(hold[0], &byte, 1));
    }
    say("processes", "fork", count);
    close(hold[0]);
    close(hold[1]);
    while (wait(NULL) > 0)
        count--;
    printf("processes: %lu not waited for\n", count);
}

static void take_descriptors(void)
{
    unsigned long count = 0;

    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    say("descriptors", "open", count);
    close_all();
}

/* RLIMIT_NOFILE is high enough for memory to end first. */
static void take_files(void)
{
    const struct rlimit limit = {1048576, 1048576};
    unsigned long count = 0;

    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    say("files", "open", count);
    close_all();
}

#define PIECE (1 << 20)

static bool write_piece(char *piece)
{
    memset(piece, 1, PIECE);
    return true;
}

static bool read_piece(char *piece)
{
    int zeros = open("/dev/zero", O_RDONLY);
    ssize_t size = read(zeros, piece, PIECE);

    close(zeros);
    return size == PIECE;
}

static void take_pieces(const char *what, bool (*touch)(char *piece))
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        for (;;) { /* as much as is asked for is there; not so what is touched */
            char *piece =
                mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (piece == MAP_FAILED || !touch(piece))
                _exit(1); /* which takes no memory */
        }
    waitpid(child, &status, 0);
    printf("%s: signal %d\n", what, WTERMSIG(status));
}

static void take_memory(void)
{
    take_pieces("memory", write_piece);
}

/* Who touches it is a system call. */
static void take_by_reading(void)
{
    take_pieces("reading", read_piece);
}

static void take_space(void)
{
    unsigned long count = 0;
    int fd = open("/tmp/full", O_CREAT | O_RDWR, 0600);

    while (write(fd, bytes, sizeof(bytes)) > 0)
        count++;
    say("space", "write", count);
    close(fd);
    unlink("/tmp/full");
}

static void take_names(void)
{
    unsigned long count = 0;
    char name[64];
    int fd;

    for (;; count++) {
        snprintf(name, sizeof(name), "/tmp/a-name-that-is-not-short-%lu", count);
        fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            break;
        close(fd);
    }
    say("names", "open", count);
    while (count-- > 0) {
        snprintf(name, sizeof(name), "/tmp/a-name-that-is-not-short-%lu", count);
        if (unlink(name) != 0)
            printf("names: unlink: %s\n", strerror(errno));
    }
}

/* A page each, far apart: page tables take more than what they map. */
static void take_tables(void)
{
    unsigned long count = 0;
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        for (;; count++) {
            volatile char *page =
                mmap((void *)(0x100000000ul + count * (1ul << 30)), 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (page == MAP_FAILED) {
                say("tables", "mmap", count);
                exit(0);
            }
            *page = 1;
        }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("tables: signal %d\n", WTERMSIG(status));
}

static void take_pipes(void)
{
    const struct rlimit limit = {1048576, 1048576};
    unsigned long count = 0;
    int ends[2];

    setrlimit(RLIMIT_NOFILE, &limit);
    while (pipe2(ends, O_NONBLOCK) == 0 && write(ends[1], bytes, sizeof(bytes)) > 0)
        count++;
    say("pipes", "pipe or write", count);
    close_all();
}

/* Pending again when the handler returns, it is handled again: the program never goes on. */
static void raise_again(int number)
{
    raise(number);
}

static void loop_in_handler(void)
{
    signal(SIGUSR1, raise_again);
    raise(SIGUSR1);
}

static void nest_handlers(void)
{
    const struct sigaction action = {.sa_handler = raise_again, .sa_flags = SA_NODEFER};
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("handlers: signal %d\n", WTERMSIG(status));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*take)(void);
    } things[] = {
        {"processes", take_processes}, {"descriptors", take_descriptors}, {"files", take_files},
        {"memory", take_memory},       {"reading", take_by_reading},      {"space", take_space},
        {"names", take_names},         {"tables", take_tables},           {"pipes", take_pipes},
        {"loop", loop_in_handler},     {"handlers", nest_handlers},
    };

    for (size_t i = 0; argc == 2 && i < sizeof(things) / sizeof(things[0]); i++)
        if (strcmp(things[i].name, argv[1]) == 0) {
            things[i].take();
            things[i].take();
            return 0;
        }
    return 1;
}
