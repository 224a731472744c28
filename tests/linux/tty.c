/* Terminals: pseudo-terminals, the line discipline, and job control. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, slave;
static struct termios usual;

static void show(const char *bytes, long length)
{
    if (length < 0)
        printf(" error %d", errno);
    printf(" \"");
    for (long i = 0; i < length; i++)
        if (bytes[i] >= ' ' && bytes[i] <= '~')
            putchar(bytes[i]);
        else
            printf("\\%02x", (unsigned char)bytes[i]);
    printf("\"");
}

static void open_pair(void)
{
    master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(master);
    unlockpt(master);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    tcgetattr(slave, &usual);
}

static void close_pair(void)
{
    close(slave);
    close(master);
}

/* What the master reads, up to a mark that the slave writes. */
static void show_screen(void)
{
    char bytes[8192];
    long length = 0;

    write(slave, "#", 1);
    do
        length += read(master, bytes + length, sizeof(bytes) - (size_t)length);
    while (bytes[length - 1] != '#');
    printf(", shown");
    show(bytes, length - 1);
    putchar('\n');
}

/* Keys, and what `reads` reads of them get. */
static void type_bytes(const char *what, const char *keys, size_t length, int reads)
{
    char bytes[256];

    write(master, keys, length);
    printf("%s: read", what);
    while (reads-- > 0)
        show(bytes, read(slave, bytes, sizeof(bytes)));
    show_screen();
}

static void type(const char *what, const char *keys, int reads)
{
    type_bytes(what, keys, strlen(keys), reads);
}

static void set(tcflag_t input, tcflag_t output, tcflag_t local)
{
    struct termios settings = usual;

    settings.c_iflag = input;
    settings.c_oflag = output;
    settings.c_lflag = local;
    tcsetattr(slave, TCSANOW, &settings);
}

static void test_pair(void)
{
    struct winsize size = {.ws_row = 7, .ws_col = 33};
    struct stat status;
    char name[32];

    open_pair();
    printf("names %d %d, terminals %d %d\n", !strncmp(ptsname(master), "/dev/pts/", 9),
           ttyname_r(slave, name, sizeof(name)) == 0 && !strcmp(name, ptsname(master)),
           isatty(master), isatty(slave));
    fstat(slave, &status);
    printf("slave: type %o, major %d\n", status.st_mode & S_IFMT, (int)(status.st_rdev >> 8));
    printf("usual: %x %x %x %x\n", usual.c_iflag, usual.c_oflag, usual.c_cflag, usual.c_lflag);
    printf("keys:");
    for (int i = 0; i < 17; i++)
        printf(" %d", usual.c_cc[i]);
    ioctl(master, TIOCSWINSZ, &size);
    size = (struct winsize){0};
    ioctl(slave, TIOCGWINSZ, &size);
    printf("\nsize: %d %d\n", size.ws_row, size.ws_col);
    printf("nobody's: %d", tcgetpgrp(slave));
    printf(" %d\n", errno);
}

static void test_lines(void)
{
    type("line", "abc\n", 1);
    type("two lines", "one\ntwo\n", 2);
    type("return", "abc\r", 1);
    type("erase", "ab\177c\n", 1);
    type("erase all and more", "ab\177\177\177\177c\n", 1);
    type("erase a control", "a\001\177c\n", 1);
    type("erase tabs", "a\tb\177\177\t\177\177c\n", 1);
    type("erase a word", "foo bar\027baz\n", 1);
    type("erase a word, its spaces, and one of two parts", "one two-three  \027\027x\n", 1);
    type("kill", "junk\025ok\n", 1);
    type("literally", "\026\003\026\n\026\177x\n", 1);
    type("reprint", "ab\022c\n", 1);
    type("end after bytes", "ab\004", 1);
    type("end", "\004", 1);
    type("end, and a line", "\004x\n", 2);
    type("nothing", "\n", 1);
    type_bytes("zeros", "a\0b\n", 4, 1);
    set(usual.c_iflag | IUTF8, usual.c_oflag, usual.c_lflag);
    type("erase a character of two bytes", "a\303\251\177b\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag);
    type("or one byte of it", "a\303\251\177b\n", 1);
}

static void test_settings(void)
{
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)ECHO);
    type("no echo", "ab\177c\n", 1);
    type("no echo, kill", "ab\025c\n", 1);
    set(usual.c_iflag, usual.c_oflag, (usual.c_lflag & ~(tcflag_t)ECHO) | ECHONL);
    type("echo of newlines", "ab\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)ECHOE);
    type("no erasure", "ab\177\177c\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)ECHOKE);
    type("kill by a new line", "ab\025c\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)(ECHOKE | ECHOK));
    type("kill without", "ab\025c\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)ECHOCTL);
    type("controls as they are", "a\001b\177\177c\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)IEXTEN);
    type("no extensions", "foo bar\027\026\022\n", 1);
    set(IGNCR, usual.c_oflag, usual.c_lflag);
    type("returns are ignored", "a\rb\n", 1);
    set(INLCR, usual.c_oflag, usual.c_lflag);
    type("newlines are returns", "a\nb\004", 1);
    set(ISTRIP, usual.c_oflag, usual.c_lflag);
    type("stripped", "\341\342\n", 1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag & ~(tcflag_t)ISIG);
    type("no signals", "\003\034\032\n", 1);
}

static void print_as(const char *what, tcflag_t output)
{
    static const char text[] = "a\nb\tc\r\rd\be\n\r\t\001x";

    set(usual.c_iflag, output, usual.c_lflag);
    printf("output %s: %d", what, (int)write(slave, text, sizeof(text) - 1));
    show_screen();
}

static void test_output(void)
{
    print_as("as usual", usual.c_oflag);
    print_as("raw", 0);
    print_as("with newlines as they are", OPOST);
    print_as("with spaces for tabs", OPOST | ONLCR | XTABS);
    print_as("with newlines for returns", OPOST | OCRNL);
    print_as("without returns at the start", OPOST | ONOCR);
    print_as("where newline returns", OPOST | ONLRET | XTABS);
}

static void set_raw(cc_t least, cc_t tenths)
{
    struct termios settings = usual;

    cfmakeraw(&settings);
    settings.c_cc[VMIN] = least;
    settings.c_cc[VTIME] = tenths;
    tcsetattr(slave, TCSANOW, &settings);
}

static void test_raw(void)
{
    struct pollfd polled = {.fd = slave, .events = POLLIN};
    char bytes[8];

    set_raw(1, 0);
    type("raw", "\003\r\177\004", 1);
    set_raw(3, 0);
    write(master, "abc", 3);
    printf("three at least: poll %d", poll(&polled, 1, -1));
    type("", "", 1);
    set_raw(0, 0);
    type("none at least", "", 1);
    set_raw(0, 1);
    type("for a tenth", "", 1);
    set_raw(4, 1);
    type("four, or a tenth after the last", "xy", 1);
    set_raw(1, 0);
    fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
    type("at once", "", 1);
    set_raw(0, 5);
    type("at once, in spite of a time", "", 1);
    fcntl(slave, F_SETFL, O_RDWR);
    tcsetattr(slave, TCSANOW, &usual);
    write(master, "part", 4);
    printf("of a line: %d", (int)read(master, bytes, 4));
    set_raw(1, 0);
    type("", "", 1);
    write(master, "whole", 5);
    poll(&polled, 1, -1);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag);
    type("typed raw, read as a line", "", 1);
}

static void test_flow(void)
{
    struct pollfd polled = {.fd = slave, .events = POLLOUT};
    int waiting;

    fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
    tcflow(slave, TCOOFF);
    printf("stopped: %d", (int)write(slave, "x", 1));
    printf(" %d, poll %d\n", errno, poll(&polled, 1, 0));
    tcflow(slave, TCOON);
    printf("started: %d", (int)write(slave, "x", 1));
    show_screen();
    fcntl(slave, F_SETFL, O_RDWR);
    write(master, "some", 4);
    type("", "\n", 1);
    write(master, "flushed\n", 8);
    polled.events = POLLIN;
    poll(&polled, 1, -1);
    ioctl(slave, FIONREAD, &waiting);
    printf("waiting: %d", waiting);
    tcflush(slave, TCIFLUSH);
    ioctl(slave, FIONREAD, &waiting);
    printf(" %d", waiting);
    show_screen();
    printf("a master's alone: %d\n", ioctl(slave, TIOCGPTN, &waiting));
}

/* What a master reads begins with a byte that says that it is data. */
static void test_packets(void)
{
    char bytes[8];
    int on = 1, off = 0, is_on = 0;

    ioctl(master, TIOCPKT, &on);
    ioctl(master, TIOCGPKT, &is_on);
    write(slave, "data", 4);
    printf("packet %d: %zd", is_on, read(master, bytes, 3));
    printf(" %d%.2s", bytes[0], bytes + 1);
    printf(", %zd", read(master, bytes, sizeof(bytes)));
    printf(" %d%.2s\n", bytes[0], bytes + 1);
    ioctl(master, TIOCPKT, &off);
    printf("no slave's: %d\n", ioctl(slave, TIOCPKT, &on));
}

static void test_closed(void)
{
    struct pollfd polled = {.fd = master, .events = POLLIN};
    char byte;

    write(slave, "l", 1);
    close(slave);
    printf("closed slave: read %d", (int)read(master, &byte, 1));
    printf(", then %d", (int)read(master, &byte, 1));
    printf(" %d, poll %d", errno, poll(&polled, 1, 0));
    printf(" %x\n", polled.revents);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    type("opened again", "x\n", 1);
    close(master);
    polled = (struct pollfd){.fd = slave, .events = POLLIN | POLLOUT};
    printf("closed master: read %d", (int)read(slave, &byte, 1));
    printf(", write %d", (int)write(slave, "x", 1));
    printf(" %d, poll %d", errno, poll(&polled, 1, 0));
    printf(" %x\n", polled.revents);
    close(slave);
}

/* ---- Jobs: a child has the terminal, as a shell does ---- */

static volatile sig_atomic_t caught;

static void note(int number)
{
    caught = number;
}

static void handle(int number)
{
    struct sigaction action = {.sa_handler = note};

    sigaction(number, &action, NULL);
}

static void wait_for_signal(const char *what)
{
    sigset_t all, none;

    sigemptyset(&none);
    sigfillset(&all);
    while (caught == 0)
        sigsuspend(&none);
    printf("%s: signal %d\n", what, caught);
    caught = 0;
}

/* A job in a group of its own, which begins when its group is told. */
static pid_t start_job(void (*run)(void), bool in_foreground)
{
    int go[2];
    pid_t job;
    char byte;

    pipe(go);
    fflush(stdout);
    job = fork();
    if (job == 0) {
        signal(SIGTTOU, SIG_DFL);
        signal(SIGINT, SIG_DFL); /* a shell's job in the background ignores these two */
        signal(SIGQUIT, SIG_DFL);
        setpgid(0, 0);
        read(go[0], &byte, 1);
        run();
        fflush(stdout);
        _exit(7);
    }
    setpgid(job, job);
    if (in_foreground)
        tcsetpgrp(slave, job);
    write(go[1], "", 1);
    close(go[0]);
    close(go[1]);
    return job;
}

static void show_job(const char *what, pid_t job)
{
    int status;

    waitpid(job, &status, WUNTRACED | WCONTINUED);
    printf("%s: %x\n", what, status);
}

static void read_a_line(void)
{
    char bytes[16];

    printf("job read");
    show(bytes, read(slave, bytes, sizeof(bytes)));
    putchar('\n');
}

static void read_ignoring(void)
{
    signal(SIGTTIN, SIG_IGN);
    read_a_line();
}

static void write_a_line(void)
{
    printf("job wrote %d\n", (int)write(slave, "x", 1));
}

static void change_settings(void)
{
    printf("job set %d\n", tcsetattr(slave, TCSANOW, &usual));
}

static void wait_for_end(void)
{
    for (;;)
        pause();
}

static void test_jobs(void)
{
    pid_t job;

    signal(SIGTTOU, SIG_IGN); /* as shells do */
    job = start_job(read_a_line, false);
    show_job("read in the background", job);
    tcsetpgrp(slave, job);
    kill(-job, SIGCONT);
    show_job("continued", job);
    write(master, "line\n", 5);
    show_job("read in the foreground", job);
    job = start_job(wait_for_end, true);
    write(master, "\032", 1);
    show_job("^Z", job);
    kill(-job, SIGCONT);
    show_job("continued", job);
    write(master, "\003", 1);
    show_job("^C", job);
    job = start_job(wait_for_end, true);
    write(master, "\034", 1);
    show_job("^\\", job);
    tcsetpgrp(slave, getpgrp());
    show_job("read that ignores", start_job(read_ignoring, false));
    show_job("write in the background", start_job(write_a_line, false));
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag | TOSTOP);
    job = start_job(write_a_line, false);
    show_job("write with tostop", job);
    kill(job, SIGKILL);
    show_job("ended", job);
    set(usual.c_iflag, usual.c_oflag, usual.c_lflag);
    job = start_job(change_settings, false);
    show_job("settings in the background", job);
    kill(job, SIGKILL);
    show_job("ended", job);
    printf("no such group: %d", tcsetpgrp(slave, INT_MAX));
    printf(" %d\n", errno);
}

/* Where signals arrive while nobody waits they stay pending. */
static void test_session(void)
{
    struct winsize size = {.ws_row = 1};
    sigset_t all;
    int own;

    sigfillset(&all);
    sigdelset(&all, SIGTTIN);
    sigdelset(&all, SIGTTOU);
    setsid();
    own = open("/dev/tty", O_RDWR);
    printf("without: %d", own);
    printf(" %d\n", errno);
    printf("take: %d", ioctl(slave, TIOCSCTTY, 0));
    printf(", group %d, session %d\n", tcgetpgrp(slave) == getpgrp(), tcgetsid(slave) == getsid(0));
    own = open("/dev/tty", O_RDWR);
    printf("own: %d\n", own >= 0 && isatty(own));
    close(own);
    test_jobs();
    sigprocmask(SIG_BLOCK, &all, NULL);
    handle(SIGINT);
    handle(SIGWINCH);
    handle(SIGHUP);
    write(master, "lost\003kept\n", 10);
    wait_for_signal("^C");
    type("after ^C", "", 1);
    ioctl(master, TIOCSWINSZ, &size);
    wait_for_signal("window");
    close(master);
    wait_for_signal("hangup");
    own = open("/dev/tty", O_RDWR);
    printf("lost: %d", own >= 0);
    printf(" %d\n", errno);
}

int main(void)
{
    int status;

    setvbuf(stdout, NULL, _IOFBF, 65536);
    test_pair();
    test_lines();
    test_settings();
    tcsetattr(slave, TCSANOW, &usual);
    test_output();
    tcsetattr(slave, TCSANOW, &usual);
    test_raw();
    test_flow();
    test_packets();
    test_closed();
    open_pair();
    fflush(stdout);
    if (fork() == 0) {
        test_session();
        fflush(stdout);
        _exit(5);
    }
    close_pair();
    wait(&status);
    printf("end: %x\n", status);
    return 0;
}
