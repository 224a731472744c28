/* What the supervisor lets through to the user's terminal, and how it waits for it. */
#include "jailer/terminal.h"

#include "capture.h"
#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

/* Pipes that do not block: bytes put into in[1] come out of out[0]. */
struct ends {
    int in[2], out[2];
};

static struct relay new_relay(struct ends *ends, bool clean)
{
    if (pipe2(ends->in, O_NONBLOCK | O_CLOEXEC) != 0 ||
        pipe2(ends->out, O_NONBLOCK | O_CLOEXEC) != 0)
        err(1, "pipe2");
    return (struct relay){.from = ends->in[0], .to = ends->out[1], .clean = clean};
}

static void put(int fd, const char *text, size_t length)
{
    if (write(fd, text, length) != (ssize_t)length)
        err(1, "write");
}

/* Takes what is there; true if it is this text. */
static bool take(int fd, const char *expected)
{
    char text[256];
    ssize_t length = read(fd, text, sizeof(text));

    return length == (ssize_t)strlen(expected) && memcmp(text, expected, (size_t)length) == 0;
}

static void test_clean(void)
{
    char in[256], out[512];
    size_t length;
    bool harmless = true;

    for (int i = 0; i < 256; i++)
        in[i] = (char)i;
    length = terminal_clean(in, sizeof(in), out);
    for (size_t i = 0; i < length; i++)
        harmless &= (out[i] >= ' ' && out[i] <= '~') || strchr("\n\r\t\b", out[i]) != NULL;
    ok(harmless, "of all bytes nothing is left that a terminal obeys");

    length = terminal_clean("a\033[2J\007\177\302\233\0z\n", 12, out);
    ok(length == 16 && memcmp(out, "a^[[2J^G^???^@z\n", 16) == 0, "controls are shown as such");
}

static void test_relay(void)
{
    struct ends ends;
    struct relay relay = new_relay(&ends, true);
    struct pollfd polled = relay_poll(&relay);

    ok(polled.fd == ends.in[0] && polled.events == POLLIN, "an empty relay waits for its source");
    relay_move(&relay);
    ok(relay.from == ends.in[0], "a source that has nothing yet is waited for");
    put(ends.in[1], "\033c", 2);
    relay_move(&relay);
    ok(take(ends.out[0], "^[c"), "what comes is made harmless");
    close(ends.in[1]);
    relay_move(&relay);
    ok(relay.from == -1 && relay.to == -1 && relay_poll(&relay).fd == -1, "its end is the end");
    ok(take(ends.out[0], ""), "which the other side sees");
    close(ends.out[0]);
}

static void test_full(void)
{
    char filler[4096] = "";
    struct ends ends;
    struct relay relay = new_relay(&ends, false);
    struct pollfd polled;

    while (write(ends.out[1], filler, sizeof(filler)) > 0)
        continue;
    put(ends.in[1], "\033c", 2);
    relay_move(&relay);
    polled = relay_poll(&relay);
    ok(polled.fd == ends.out[1] && polled.events == POLLOUT, "a full target is waited for");
    put(ends.in[1], "more", 4);
    relay_move(&relay);
    ok(relay.end - relay.start == 2, "and no more is taken meanwhile");
    while (read(ends.out[0], filler, sizeof(filler)) > 0)
        continue;
    relay_move(&relay);
    relay_move(&relay);
    ok(take(ends.out[0], "\033cmore"), "nothing is lost, and raw is raw");
    close(ends.out[0]);
    put(ends.in[1], "x", 1);
    relay_move(&relay);
    ok(relay.from == -1 && relay.to == -1, "a target that is gone ends the relay");
    close(ends.in[1]);
}

/* Sends text through a log to its end; true if that is printed. */
static bool prints(const char *text, const char *expected)
{
    struct capture printed;
    struct log log = {.program = "sparkler-vmm"};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "pipe2");
    put(ends[1], text, strlen(text));
    close(ends[1]);
    log.from = ends[0];
    capture(&printed);
    while (log.from >= 0)
        log_move(&log);
    return strcmp(captured(&printed), expected) == 0;
}

static void test_log(void)
{
    char text[700], expected[800];
    struct log silent = {.program = "x"};
    int ends[2];

    ok(prints("", ""), "an empty log");
    ok(prints("one\ntwo", "sparkler-vmm: one\nsparkler-vmm: two\n"),
       "each line gets the program's name, the last one its end");
    ok(prints("sparkler-vmm: one\n", "sparkler-vmm: one\n"), "but not a second time");
    ok(prints("jailer: \033[2Jlie\n", "sparkler-vmm: jailer: ^[[2Jlie\n"),
       "no program speaks as another, or to the terminal");
    memset(text, 'x', 600);
    strcpy(text + 600, "\n");
    snprintf(expected, sizeof(expected), "sparkler-vmm: %.512s\nsparkler-vmm: %.88s\n", text, text);
    ok(prints(text, expected), "a line without an end is cut");

    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
        err(1, "pipe2");
    silent.from = ends[0];
    log_move(&silent);
    ok(silent.from == ends[0], "a log that has nothing yet is waited for");
    close(ends[0]);
    close(ends[1]);
}

/* The log's own reader may be slow, or gone; that must not stop the supervisor. */
static void test_log_unread(void)
{
    char filler[4096] = "";
    struct capture lost;
    struct log log = {.program = "x"};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "pipe2");
    put(ends[1], "line\n", 5);
    log.from = ends[0];
    capture(&lost);
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
        continue;
    log_move(&log);
    dup2(lost.log, STDERR_FILENO);
    ok(log.length == 0, "a log that is not read for a second loses the line");
    close(lost.log);
    close(lost.pipe);
    close(ends[0]);
    close(ends[1]);
}

static void test_no_terminal(void)
{
    struct termios saved;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "pipe2");
    memset(&saved, 0x55, sizeof(saved));
    terminal_key_mode(ends[0], &saved);
    terminal_unblock(ends[1]);
    ok((fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0, "a descriptor of our own does not block");
    put(ends[1], "x", 1);
    ok(take(ends[0], "x"), "and leads to the same place");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_clean();
    test_relay();
    test_full();
    test_log();
    test_log_unread();
    test_no_terminal();
    return done();
}
