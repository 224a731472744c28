/* The console as a terminal: keys from the host, its echo, and what it does where an end is
 * missing. The line discipline itself is compared with Linux' own (tests/linux/tty.c). */
#include "tests/unit/guest/machine.h"

#include "guest/linux/console.h"
#include "guest/linux/syscalls_files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <asm/ioctls.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

static char buffer[8192];

static void type(const char *keys)
{
    machine.output_length[1] = machine.output_length[2] = 0;
    machine.input = keys;
    while (console_watches() && machine.input && *machine.input)
        console_input();
}

static bool shows(enum linux_stream stream, const char *text)
{
    return machine.output_length[stream] == strlen(text) &&
           !memcmp(machine.output[stream], text, strlen(text));
}

static bool reads(const char *text)
{
    return sys_read(0, buffer, sizeof(buffer)) == (long)strlen(text) &&
           !memcmp(buffer, text, strlen(text));
}

static void start(unsigned flags)
{
    machine_terminal(flags);
    machine_process();
    vfs_open_console(machine.files);
}

static void test_keys(void)
{
    start(LINUX_TTY_INPUT | LINUX_TTY_OUTPUT | LINUX_TTY_ERROR);
    type("on\177ne\r");
    ok(shows(LINUX_OUTPUT, "on\b \bne\r\n") && reads("one\n"), "a line is edited and echoed");
    sys_fcntl(0, F_SETFL, O_NONBLOCK);
    type("un");
    ok(sys_read(0, buffer, 10) == -EAGAIN, "that has not ended is not there");
    type("til\003");
    ok(shows(LINUX_OUTPUT, "^C") && machine.signal == SIGINT, "^C signals the foreground");
    type("now\n");
    ok(reads("now\n"), "and the line is gone");
    machine.output_length[1] = 0;
    ok(sys_write(1, "a\nb", 3) == 3 && shows(LINUX_OUTPUT, "a\r\nb"), "newlines return");
}

static void test_full(void)
{
    static char keys[5001];

    start(LINUX_TTY_INPUT | LINUX_TTY_OUTPUT);
    memset(keys, 'x', 5000);
    type(keys);
    ok(*machine.input == '\0', "of a line that is too long all keys are taken");
    type("\n");
    ok(sys_read(0, buffer, sizeof(buffer)) == 4096 && buffer[4094] == 'x' && buffer[4095] == '\n',
       "and its end");
    memset(keys, '\n', 5000);
    type(keys);
    ok(strlen(machine.input) == 5000 - 4095 && !console_watches(), "lines that nobody reads wait");
    sys_read(0, buffer, 1);
    ok(console_watches(), "until somebody does");
}

static void test_ends(void)
{
    start(LINUX_TTY_INPUT | LINUX_TTY_ERROR);
    type("x");
    ok(shows(LINUX_ERROR, "x") && shows(LINUX_OUTPUT, ""), "the echo goes where the terminal is");
    start(LINUX_TTY_INPUT);
    type("x\n");
    ok(shows(LINUX_ERROR, "") && reads("x\n"), "or nowhere");
    start(LINUX_TTY_OUTPUT);
    sys_close(0);
    ok(!console_watches() && sys_open("/dev/tty", O_RDWR, 0) == 0 && reads(""),
       "without input it is at its end");
    start(0);
    ok(sys_open("/dev/tty", O_RDWR, 0) == -ENXIO && sys_open("/dev/console", O_RDWR, 0) == -ENXIO,
       "without any there is none");
    start(LINUX_TTY_INPUT | LINUX_TTY_OUTPUT);
    machine.signal = 0;
    machine.input = "";
    console_input();
    ok(machine.signal == SIGCONT && reads("") && sys_write(1, "x", 1) == -EIO,
       "it hangs up when the host's input ends");
}

int main(void)
{
    machine_start();
    if (!ok(!vfs_start(), "the start"))
        return done();
    test_keys();
    test_full();
    test_ends();
    return done();
}
