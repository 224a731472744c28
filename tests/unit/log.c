/* The lines of the jails on their way to the user's log, and how nobody waits for its reader. */
#include "jailer/log.h"

#include "jailer/stream.h"

#include "capture.h"
#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { FLOOD = 2000, PIPE_SIZE = 65536 };

static struct user_log out;

/* A jail's log, and its end for writing in *jail. */
static struct log new_log(int *jail)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
        err(1, "pipe2");
    *jail = ends[1];
    return (struct log){.from = ends[0], .program = "sparkler-vmm"};
}

static void put(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        err(1, "write");
}

/* Moves all of a log whose jail has ended. */
static void move_all(struct log *log)
{
    while (log->from >= 0) {
        log_move(log, &out);
        user_log_write(&out);
    }
    user_log_finish(&out);
}

/* Sends text through a log to its end; true if that is printed. */
static bool prints(const char *text, const char *expected)
{
    struct capture printed;
    int jail;
    struct log log = new_log(&jail);

    put(jail, text);
    close(jail);
    capture(&printed);
    move_all(&log);
    return strcmp(captured(&printed), expected) == 0;
}

static void test_lines(void)
{
    char text[700], expected[800];
    int jail;
    struct log silent = new_log(&jail);

    ok(prints("", ""), "an empty log");
    ok(prints("one\ntwo", "sparkler-vmm: one\nsparkler-vmm: two\n"),
       "each line gets the program's name, the last one its end");
    ok(prints("sparkler-vmm: one\n", "sparkler-vmm: one\n"), "but not a second time");
    ok(prints("sparkler-vmmjailer: lie\nsparkler-vmm\n",
              "sparkler-vmm: sparkler-vmmjailer: lie\nsparkler-vmm: sparkler-vmm\n"),
       "a longer name is not the program's");
    ok(prints("jailer: \033[2Jlie\n", "sparkler-vmm: jailer: ^[[2Jlie\n"),
       "no program speaks as another, or to the terminal");
    ok(prints("x\rjailer: lie\b\b\tend\n", "sparkler-vmm: x^Mjailer: lie^H^H\tend\n"),
       "nor does it write over its own name");
    memset(text, 'x', 600);
    strcpy(text + 600, "\n");
    snprintf(expected, sizeof(expected), "sparkler-vmm: %.512s\nsparkler-vmm: %.88s\n", text, text);
    ok(prints(text, expected), "a line without an end is cut");

    log_move(&silent, &out);
    ok(silent.from >= 0, "a log that has nothing yet is waited for");
    close(silent.from);
    close(jail);
}

/* The number of lines in a file that have this text in them. */
static unsigned long lines_with(FILE *file, const char *text)
{
    unsigned long count = 0;
    char line[2048];

    rewind(file);
    while (fgets(line, sizeof(line), file))
        count += strstr(line, text) != NULL;
    return count;
}

/* The number that the log has told of lines that were dropped; with `file` as the log. */
static unsigned long told(FILE *file)
{
    unsigned long sum = 0, dropped;
    char line[2048];

    rewind(file);
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "jailer: %lu lines of the log were dropped", &dropped) == 1)
            sum += dropped;
    return sum;
}

/* Makes a new file descriptor FD_LOG; its old one is to be put back by end_file(). */
static FILE *start_file(int *log)
{
    FILE *file = tmpfile();

    if (!file || (*log = dup(STDERR_FILENO)) < 0 || dup2(fileno(file), STDERR_FILENO) < 0)
        err(1, "cannot put a file in the log's place");
    return file;
}

static void end_file(FILE *file, int log)
{
    dup2(log, STDERR_FILENO);
    close(log);
    fclose(file);
}

/* A flood of `count` lines, and then the last one, as much at once as the pipe takes. */
static void flood(struct log *log, int jail, unsigned count, const char *last)
{
    const char line[] = "a line of a flood, as long as this: it is about a hundred bytes long";

    for (unsigned i = 0; i < count; i++) {
        if (dprintf(jail, "%s\n", line) < 0)
            err(1, "dprintf");
        if (i % 500 == 499) {
            log_move(log, &out);
            user_log_write(&out);
        }
    }
    put(jail, last);
    close(jail);
    log->ended = true;
    move_all(log);
}

static void test_flood(void)
{
    int jail, saved;
    FILE *file = start_file(&saved);
    struct log log = new_log(&jail);
    unsigned long printed, dropped, last;
    bool rests;

    flood(&log, jail, FLOOD, "sparkler-vmm: the reason\n");
    printed = lines_with(file, "of a flood");
    dropped = told(file);
    last = lines_with(file, "sparkler-vmm: the reason");
    rests = log_wakes(&log) < LLONG_MAX && log_poll(&log).fd < 0;
    end_file(file, saved);
    ok(printed > 100 && printed < FLOOD / 2, "a flood is cut off, here behind %lu lines", printed);
    ok(printed + dropped == FLOOD, "the rest is counted: %lu", dropped);
    ok(last == 1, "the last words are heard");
    ok(rests, "and the log is not read for a while");
}

static void test_unread(void)
{
    const unsigned long lost = out.lost;
    char filler[PIPE_SIZE] = "";
    int jail, saved, ends[2];
    struct log log = new_log(&jail);
    unsigned long printed, dropped;
    FILE *file;

    if (pipe2(ends, O_CLOEXEC) != 0 || (saved = dup(STDERR_FILENO)) < 0)
        err(1, "pipe2");
    dup2(ends[1], STDERR_FILENO);
    user_log_open(&out);
    put(STDERR_FILENO, "x");
    while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
        continue;
    put(jail, "one\n");
    log_move(&log, &out);
    user_log_write(&out);
    ok(user_log_poll(&out).fd == STDERR_FILENO, "a log that is not read is waited for by poll");
    flood(&log, jail, FLOOD, "end\n");
    ok(true, "and the end of the VM does not wait for it");
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);

    file = start_file(&saved);
    user_log_finish(&out);
    printed = lines_with(file, "of a flood");
    dropped = told(file);
    end_file(file, saved);
    ok(printed > 100 && printed + dropped == FLOOD && out.lost - lost == dropped,
       "what finds no room is counted: %lu", dropped);
}

static void test_full_disk(void)
{
    const unsigned long lost = out.lost;
    int jail, saved, full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct log log = new_log(&jail);
    unsigned long dropped, printed;
    FILE *file = start_file(&saved);

    dup2(full, STDERR_FILENO);
    put(jail, "one\ntwo\n");
    log_move(&log, &out);
    user_log_write(&out);
    user_log_tell(&out, true); /* this is not written either */
    user_log_write(&out);
    put(jail, "three\n");
    log_move(&log, &out);
    dup2(fileno(file), STDERR_FILENO);
    close(jail);
    move_all(&log);
    dropped = told(file);
    printed = lines_with(file, "sparkler-vmm: three");
    end_file(file, saved);
    close(full);
    ok(dropped == 2 && out.lost - lost == 2 && printed == 1,
       "what a full disk did not take is counted: %lu", dropped);
}

static void test_limit(void)
{
    struct rlimit limit;
    sigset_t errors;
    int status, saved;
    FILE *file = start_file(&saved);

    put(STDERR_FILENO, "what others have written");
    if (fork() == 0) {
        sigemptyset(&errors);
        sigaddset(&errors, SIGXFSZ);
        sigprocmask(SIG_BLOCK, &errors, NULL);
        user_log_open(&out);
        user_log_limit(&out, 1 << 20);
        getrlimit(RLIMIT_FSIZE, &limit);
        _exit(limit.rlim_max == 24 + (1 << 30) && ftruncate(fileno(file), 1L << 31) != 0 &&
              errno == EFBIG);
    }
    wait(&status);
    end_file(file, saved);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 1, "a log file may grow by a GiB, not beyond");
}

static void test_most(void)
{
    int jail, saved;
    struct log log = new_log(&jail);
    unsigned long printed, dropped;
    size_t taken;
    FILE *file = start_file(&saved);

    out = (struct user_log){.most = 4096};
    flood(&log, jail, FLOOD, "end\n");
    taken = out.taken;
    user_log_say(&out, "last words");
    user_log_finish(&out);
    printed = lines_with(file, "of a flood");
    dropped = told(file);
    ok(lines_with(file, "last words") == 1, "a full log has room for the supervisor's last words");
    end_file(file, saved);
    ok(taken <= 4096 + LOG_OWN && printed > 10 && printed + dropped == FLOOD,
       "a log takes no more than its most: %zu bytes, %lu lines, %lu dropped", taken, printed,
       dropped);
    out = (struct user_log){0};
}

static void test_stream(void)
{
    char filler[4096] = "";
    int pipes[2], sockets[2];

    if (pipe2(pipes, O_CLOEXEC) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        err(1, "pipe2, socketpair");
    ok(!stream_unblock(pipes[1], O_WRONLY) && (fcntl(pipes[1], F_GETFL) & O_NONBLOCK) != 0,
       "a pipe is opened again, and does not block");
    put(pipes[1], "x");
    ok(read(pipes[0], filler, 2) == 1, "and leads to the same place");
    ok(stream_unblock(sockets[1], O_WRONLY), "a socket cannot be");
    while (stream_write(sockets[1], true, filler, sizeof(filler)) > 0)
        continue;
    ok(errno == EINTR && stream_again(), "a write to it is interrupted");
    ok(stream_read(sockets[1], true, filler, 1) < 0 && errno == EINTR, "and so is a read");
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
        close(sockets[i]);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_lines();
    test_flood();
    test_unread();
    test_full_disk();
    test_limit();
    test_most();
    test_stream();
    return done();
}
