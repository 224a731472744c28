/* splice(2): between pipes, files and sockets, at positions, without waiting, and at the ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, long value)
{
    if (value < 0)
        printf("%s: %s\n", what, strerror(errno));
    else
        printf("%s: %ld\n", what, value);
}

static void say_text(const char *what, int fd)
{
    char text[64] = "";
    long size = read(fd, text, sizeof(text) - 1);

    printf("%s: %ld, %s\n", what, size, text);
}

static void test_file(int file)
{
    loff_t at = 6, end = 100;
    int ends[2];

    if (pipe2(ends, O_NONBLOCK) != 0)
        abort();
    say("to a pipe", splice(file, NULL, ends[1], NULL, 5, 0));
    say("position", lseek(file, 0, SEEK_CUR));
    say("from a position", splice(file, &at, ends[1], NULL, 100, 0));
    say("it is then", at);
    say("that of the file", lseek(file, 0, SEEK_CUR));
    say("from the end", splice(file, &end, ends[1], NULL, 5, 0));
    say_text("the pipe has", ends[0]);
    say("nothing there", splice(ends[0], NULL, file, NULL, 5, 0));
    (void)!write(ends[1], "HELLO", 5);
    at = 3;
    say("to a position", splice(ends[0], NULL, file, &at, 2, 0));
    say("it is then", at);
    say("to a file", splice(ends[0], NULL, file, NULL, 2, 0));
    say("position", lseek(file, 0, SEEK_CUR));
    say_text("the pipe has", ends[0]);
    lseek(file, 0, SEEK_SET);
    say_text("the file has", file);
    close(ends[1]);
    say("no writer", splice(ends[0], NULL, file, NULL, 5, 0));
    close(ends[0]);
}

static void test_pipes(void)
{
    int a[2], b[2], count = -1;
    static char bytes[4096];

    if (pipe(a) != 0 || pipe(b) != 0)
        abort();
    for (int i = 0; i < 16; i++)
        (void)!write(a[1], bytes, sizeof(bytes));
    say("all of it", splice(a[0], NULL, b[1], NULL, 1 << 20, 0));
    (void)!write(a[1], "more", 4);
    say("full", splice(a[0], NULL, b[1], NULL, 4, SPLICE_F_NONBLOCK));
    ioctl(a[0], FIONREAD, &count);
    say("still there", count);
    close(b[0]);
    say("no reader", splice(a[0], NULL, b[1], NULL, 4, 0));
    close(a[0]);
    close(a[1]);
    close(b[1]);
}

/* What a socket that does not wait has no room for stays in the pipe. */
static void test_socket(void)
{
    int ends[2], pair[2], moved = 0, left;
    static char bytes[4096], received[1 << 20];
    long part;

    if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        abort();
    do {
        for (int i = 0; i < 16; i++)
            bytes[i * 256] = (char)(moved + i);
        (void)!write(ends[1], bytes, sizeof(bytes));
        part = splice(ends[0], NULL, pair[0], NULL, sizeof(bytes), SPLICE_F_NONBLOCK);
        moved += part > 0 ? (int)part : 0;
    } while (part == sizeof(bytes));
    if (part < 0)
        say("full", part);
    ioctl(ends[0], FIONREAD, &left);
    printf("nothing is lost: %d\n", (moved + left) % (int)sizeof(bytes));
    part = recv(pair[1], received, sizeof(received), 0);
    printf("received what was sent: %d\n", part == moved);
    (void)!write(pair[1], "back", 4);
    say("from a socket", splice(pair[0], NULL, ends[1], NULL, 100, 0));
    say("nothing there", splice(pair[0], NULL, ends[1], NULL, 100, 0));
    close(pair[1]);
    say("the end", splice(pair[0], NULL, ends[1], NULL, 100, 0));
    close(pair[0]);
    close(ends[0]);
    close(ends[1]);
}

/* A process that waits for what another one sends. */
static void test_wait(void)
{
    int a[2], b[2], status;

    if (pipe(a) != 0 || pipe(b) != 0)
        abort();
    fflush(stdout);
    if (fork() == 0) {
        close(a[1]);
        _exit(splice(a[0], NULL, b[1], NULL, 100, 0) == 4 ? 0 : 1);
    }
    usleep(10000);
    (void)!write(a[1], "late", 4);
    wait(&status);
    say("child", status);
    say_text("received", b[0]);
}

static void test_errors(int file)
{
    int ends[2];
    loff_t at = 0;

    if (pipe(ends) != 0)
        abort();
    say("no pipe", splice(file, NULL, file, NULL, 5, 0));
    say("the same pipe", splice(ends[0], NULL, ends[1], NULL, 5, 0));
    say("position of a pipe", splice(file, NULL, ends[1], &at, 5, 0));
    say("read what is written", splice(ends[1], NULL, file, NULL, 5, 0));
    say("write what is read", splice(file, NULL, ends[0], NULL, 5, 0));
    say("no file", splice(99, NULL, ends[1], NULL, 5, 0));
    say("nothing", splice(99, NULL, ends[1], NULL, 0, 0));
    say("flags", splice(file, NULL, ends[1], NULL, 5, 16));
}

int main(void)
{
    char name[] = "/tmp/splice-XXXXXX";
    int file = mkstemp(name);

    signal(SIGPIPE, SIG_IGN);
    unlink(name);
    (void)!write(file, "hello, world", 12);
    lseek(file, 0, SEEK_SET);
    test_file(file);
    test_pipes();
    test_socket();
    test_wait();
    test_errors(file);
    return 0;
}
