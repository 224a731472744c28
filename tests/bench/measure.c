/*
 * What a program can measure itself, in nanoseconds: `measure getppid`, a system call that does
 * nothing; `measure read FILE`, all of the file when it has been read before. Without arguments it
 * prints a line.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 200000

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static double measure_getppid(void)
{
    double start = now();

    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return (now() - start) / CALLS;
}

static void read_all(const char *path)
{
    static char buffer[1 << 16];
    int fd = open(path, O_RDONLY);
    ssize_t n;

    if (fd < 0)
        err(1, "cannot open %s", path);
    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        continue;
    if (n < 0)
        err(1, "cannot read %s", path);
    close(fd);
}

static double measure_read(const char *path)
{
    double start;

    read_all(path);
    start = now();
    read_all(path);
    return now() - start;
}

int main(int argc, char **argv)
{
    if (argc == 1)
        puts("hello");
    else if (argc == 2 && strcmp(argv[1], "getppid") == 0)
        printf("%.0f\n", measure_getppid());
    else if (argc == 3 && strcmp(argv[1], "read") == 0)
        printf("%.0f\n", measure_read(argv[2]));
    else
        errx(1, "usage: measure [getppid | read FILE]");
    return 0;
}
