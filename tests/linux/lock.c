/* Locks between processes: ranges and whole files, who waits for whom, and when they are gone. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int fd;
static char path[] = "/tmp/lock-XXXXXX";

static const char *result(long value)
{
    static char texts[4][64];
    static unsigned at;
    char *text = texts[at++ % 4];

    snprintf(text, 64, value < 0 ? "%s" : "%s%ld", value < 0 ? strerror(errno) : "", value);
    return text;
}

static int lock(int command, short type, long start, long size)
{
    struct flock flock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = size};

    return fcntl(fd, command, &flock);
}

static void print_lock(int command, long start, long size)
{
    struct flock flock = {.l_type = F_WRLCK, .l_start = start, .l_len = size};

    if (fcntl(fd, command, &flock) != 0)
        printf("  %s\n", strerror(errno));
    else if (flock.l_type == F_UNLCK)
        printf("  %ld: none\n", start);
    else
        printf("  %ld: type %d, from %ld, %ld bytes, %s\n", start, flock.l_type,
               (long)flock.l_start, (long)flock.l_len,
               flock.l_pid == getppid() ? "the parent's"
               : flock.l_pid == -1      ? "a file's"
                                        : "another's");
}

/* What another process sees of the locks. */
static void look(const char *what)
{
    printf("%s:\n", what);
    fflush(stdout);
    if (fork() == 0) {
        for (long start = 0; start < 60; start += 10)
            print_lock(F_GETLK, start, 10);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

/* The child says that it got so far. */
static int pipes[2];

static void tell(void)
{
    write(pipes[1], "x", 1);
}

static void await(void)
{
    char byte;

    read(pipes[0], &byte, 1);
}

static void test_ranges(void)
{
    printf("lock: %s\n", result(lock(F_SETLK, F_WRLCK, 0, 50)));
    look("one");
    lock(F_SETLK, F_UNLCK, 20, 10);
    lock(F_SETLK, F_RDLCK, 40, 10);
    look("split");
    lock(F_SETLK, F_WRLCK, 20, 30);
    look("merged");
    struct flock negative = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 30, .l_len = -20};
    printf("negative: %s\n", result(fcntl(fd, F_SETLK, &negative)));
    look("without the middle");
    lock(F_SETLK, F_RDLCK, 35, 0);
    look("to the end");
    negative.l_start = 10;
    printf("before the beginning: %s\n", result(fcntl(fd, F_SETLK, &negative)));
    printf("no type: %s\n", result(lock(F_SETLK, 7, 0, 1)));
    int reader = open(path, O_RDONLY), writer = fd;
    fd = reader;
    printf("of what is only read: %s\n", result(lock(F_SETLK, F_WRLCK, 0, 1)));
    fd = writer;
    close(reader); /* any close of the file is the end of all */
    look("closed");
}

static void test_shared(void)
{
    lock(F_SETLK, F_RDLCK, 0, 10);
    fflush(stdout);
    if (fork() == 0) {
        printf("shared: %s\n", result(lock(F_SETLK, F_RDLCK, 0, 10)));
        printf("exclusive: %s\n", result(lock(F_SETLK, F_WRLCK, 0, 10)));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    lock(F_SETLK, F_UNLCK, 0, 0);
}

static void test_wait(void)
{
    lock(F_SETLK, F_WRLCK, 0, 1);
    fflush(stdout);
    if (fork() == 0) {
        tell();
        printf("waited: %s\n", result(lock(F_SETLKW, F_WRLCK, 0, 1)));
        fflush(stdout);
        _exit(0);
    }
    await();
    usleep(10000);
    puts("unlock");
    fflush(stdout);
    lock(F_SETLK, F_UNLCK, 0, 1);
    wait(NULL);
}

static bool is_deadlock(long start)
{
    return lock(F_SETLKW, F_WRLCK, start, 1) < 0 && errno == EDEADLK;
}

/* Who comes second is told. */
static void test_deadlock(void)
{
    int child_is_told;
    bool told;

    lock(F_SETLK, F_WRLCK, 0, 1);
    fflush(stdout);
    if (fork() == 0) {
        lock(F_SETLK, F_WRLCK, 1, 1);
        tell();
        _exit(is_deadlock(0));
    }
    await();
    usleep(20000);
    told = is_deadlock(1);
    lock(F_SETLK, F_UNLCK, 0, 0);
    wait(&child_is_told);
    printf("each waits for the other: EDEADLK for %s\n",
           told == (child_is_told != 0) ? "both, or none" : "one");
}

static void nothing(int number)
{
    (void)number;
}

static void test_interrupted(void)
{
    const struct sigaction action = {.sa_handler = nothing};

    lock(F_SETLK, F_WRLCK, 0, 1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sigaction(SIGUSR1, &action, NULL);
        tell();
        printf("interrupted: %s\n", result(lock(F_SETLKW, F_WRLCK, 0, 1)));
        fflush(stdout);
        _exit(0);
    }
    await();
    do { /* it may not wait yet */
        usleep(20000);
        kill(child, SIGUSR1);
    } while (waitpid(child, NULL, WNOHANG) == 0);
    lock(F_SETLK, F_UNLCK, 0, 0);
}

static void test_of_files(void)
{
    int other = open(path, O_RDWR), first = fd;

    printf("of a file: %s\n", result(lock(F_OFD_SETLK, F_WRLCK, 0, 5)));
    fd = other;
    printf("of another: %s\n", result(lock(F_OFD_SETLK, F_RDLCK, 4, 1)));
    print_lock(F_OFD_GETLK, 0, 10);
    printf("of the process: %s\n", result(lock(F_SETLK, F_RDLCK, 4, 1)));
    close(dup(first));
    printf("a copy is closed: %s\n", result(lock(F_OFD_SETLK, F_RDLCK, 4, 1)));
    close(first);
    printf("all are: %s\n", result(lock(F_OFD_SETLK, F_RDLCK, 4, 1)));
}

static void test_flock(void)
{
    int other = open(path, O_RDONLY);

    printf("flock: %s, %s\n", result(flock(fd, LOCK_EX)), result(flock(fd, LOCK_EX)));
    printf("another: %s\n", result(flock(other, LOCK_SH | LOCK_NB)));
    printf("fcntl: %s\n", result(lock(F_SETLK, F_WRLCK, 0, 0)));
    fflush(stdout);
    if (fork() == 0) { /* it has the same open file */
        tell();
        printf("waited: %s\n", result(flock(other, LOCK_EX)));
        fflush(stdout);
        _exit(0);
    }
    await();
    usleep(10000);
    puts("unlock");
    fflush(stdout);
    flock(fd, LOCK_UN);
    wait(NULL);
    printf("still the other's: %s\n", result(flock(fd, LOCK_SH | LOCK_NB)));
    close(other);
    printf("closed: %s\n", result(flock(fd, LOCK_SH | LOCK_NB)));
    printf("nothing: %s, %s\n", result(flock(fd, 16)), result(flock(77, LOCK_EX)));
}

/* A program keeps the locks of the one before; its files are not its child's. */
static int look_for_lock(const char *number)
{
    fd = atoi(number);
    fflush(stdout);
    if (fork() == 0) {
        print_lock(F_GETLK, 0, 1);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    return 0;
}

int main(int argc, char **argv)
{
    char number[16];

    if (argc == 2)
        return look_for_lock(argv[1]);
    fd = mkstemp(path);
    if (fd < 0 || pipe(pipes) != 0)
        return 1;
    test_ranges();
    test_shared();
    test_wait();
    test_deadlock();
    test_interrupted();
    test_of_files();
    test_flock();
    unlink(path);
    lock(F_SETLK, F_WRLCK, 0, 1);
    puts("after execve:");
    fflush(stdout);
    snprintf(number, sizeof(number), "%d", fd);
    execl("/proc/self/exe", "lock", number, (char *)NULL);
    return 1;
}
