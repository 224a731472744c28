/* The console: see console.h. */
#include "console.h"

#include "log.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CONSOLE_PORT    0x3f8
#define TALKATIVE_BYTES 2000
#define DRAIN_BYTES     256 /* more than fit in the ring */

void console_make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        err(1, "cannot use descriptor %d as the console", fd);
    if ((flags & O_NONBLOCK) != 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        err(1, "cannot make descriptor %d, the console, blocking", fd);
}

void console_open(struct console *console, struct kvm_coalesced_mmio_ring *ring)
{
    console_make_blocking(FD_CONSOLE_IN);
    console_make_blocking(FD_CONSOLE_OUT);
    console->coalesced.ring = ring;
}

static bool write_all(const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(FD_CONSOLE_OUT, bytes, count);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            log_line("the console's output is closed: %s", strerror(errno));
            return false;
        }
        bytes += done;
        count -= (size_t)done;
    }
    return true;
}

/* Waits for `count` keys. */
static bool read_keys(uint8_t *keys, size_t count)
{
    while (count > 0) {
        ssize_t done = read(FD_CONSOLE_IN, keys, count);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            log_line("the guest waits for a key, but the console's input is closed: %s",
                     done == 0 ? "end of file" : strerror(errno));
            return false;
        }
        keys += done;
        count -= (size_t)done;
    }
    return true;
}

static bool serves(uint16_t port)
{
    return port == CONSOLE_PORT;
}

static enum run_end in(void *state, const struct access *access)
{
    (void)state;
    if (!read_keys(access->data, access->count))
        return RUN_CONSOLE_CLOSED;
    access_widen(access);
    return RUN_GOES_ON;
}

static enum run_end out(void *state, const struct access *access)
{
    struct console *console = state;

    console->written += access->count;
    if (console->written >= TALKATIVE_BYTES && !console->coalesced.started &&
        !coalesced_start(&console->coalesced, CONSOLE_PORT))
        console->written = 0;
    access_narrow(access);
    return write_all(access->data, access->count) ? RUN_GOES_ON : RUN_CONSOLE_CLOSED;
}

static void before_run(void *state)
{
    const struct console *console = state;

    coalesced_resume(&console->coalesced);
}

/* Writes what KVM has collected. */
static enum run_end after_run(void *state)
{
    const struct console *console = state;
    uint8_t bytes[DRAIN_BYTES];

    coalesced_pause(&console->coalesced);
    return write_all(bytes, coalesced_take(&console->coalesced, bytes, sizeof(bytes)))
               ? RUN_GOES_ON
               : RUN_CONSOLE_CLOSED;
}

const struct device_operations console_device = {
    .serves = serves,
    .in = in,
    .out = out,
    .before_run = before_run,
    .after_run = after_run,
};
