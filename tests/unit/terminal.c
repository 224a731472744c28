/* What the supervisor lets through to the user's terminal, and how it waits for it. */
#include "jailer/terminal.h"
#include "jailer/timing.h"

#include "tap.h"

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Pipes that do not block: bytes put into in[1] come out of out[0]. */
struct ends {
    int in[2], out[2];
};

static struct relay new_relay(struct ends *ends, enum filter filter)
{
    if (pipe2(ends->in, O_NONBLOCK | O_CLOEXEC) != 0 ||
        pipe2(ends->out, O_NONBLOCK | O_CLOEXEC) != 0)
        err(1, "pipe2");
    return (struct relay){.from = ends->in[0], .to = ends->out[1], .filter = filter};
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
    length = terminal_clean(in, sizeof(in), "\n\r\t\b", out);
    for (size_t i = 0; i < length; i++)
        harmless &= (out[i] >= ' ' && out[i] <= '~') || strchr("\n\r\t\b", out[i]);
    ok(harmless, "of all bytes nothing is left that a terminal obeys");

    length = terminal_clean("a\033[2J\007\177\302\233\0z\n", 12, "\n", out);
    ok(length == 16 && memcmp(out, "a^[[2J^G^???^@z\n", 16) == 0, "controls are shown as such");
    length = terminal_clean("a\rb\bc\t", 6, "\t", out);
    ok(length == 8 && memcmp(out, "a^Mb^Hc\t", 8) == 0, "those too that are not to be kept");
}

static void test_relay(void)
{
    struct ends ends;
    struct relay relay = new_relay(&ends, FILTER_CLEAN);
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
    struct relay relay = new_relay(&ends, FILTER_NONE);
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

/* Whether what comes out of a relay for that text, up to its end, is as expected. */
static bool relays(const char *text, bool ends_line, const char *expected)
{
    struct ends ends;
    struct relay relay = new_relay(&ends, FILTER_NONE);
    bool same;

    relay.ends_line = ends_line;
    put(ends.in[1], text, strlen(text));
    close(ends.in[1]);
    while (relay.from >= 0)
        relay_move(&relay);
    same = take(ends.out[0], expected);
    close(ends.out[0]);
    return same;
}

static void test_last_line(void)
{
    ok(relays("Your choice: ", true, "Your choice: \r\n"), "the last line is ended");
    ok(relays("line\n", true, "line\n"), "unless it has an end");
    ok(relays("", true, ""), "or there is none");
    ok(relays("Your choice: ", false, "Your choice: "), "or it is not to be");
}

static void test_escape(void)
{
    struct escape escape = {0};

    ok(!terminal_escapes(&escape, "a\035\035", 3, 100), "Ctrl-] twice is a key like any other");
    ok(!terminal_escapes(&escape, "b\035", 2, 200), "nor does it count with others between");
    ok(!terminal_escapes(&escape, "\035", 1, 300) &&
           !terminal_escapes(&escape, "\035", 1, 300 + TIMING_SECOND),
       "or after a second");
    ok(terminal_escapes(&escape, "\035\035", 2, 400 + TIMING_SECOND), "three times it escapes");
}

static void test_no_terminal(void)
{
    struct termios saved;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        err(1, "pipe2");
    memset(&saved, 0x55, sizeof(saved));
    terminal_key_mode(ends[0], &saved);
    ok(!terminal_is_others(ends[0], getpgrp()), "a pipe is in no background");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    test_clean();
    test_relay();
    test_full();
    test_last_line();
    test_escape();
    test_no_terminal();
    return done();
}
