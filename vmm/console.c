/* The console device. */
#include "console.h"

#include "log.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TALKATIVE_BYTES 2000
#define DRAIN_BYTES     256 /* more than the ring has */

/* A descriptor that does not block would make the guest's wait for a key a busy loop. */
static void make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        err(1, "cannot use descriptor %d as the console", fd);
    if ((flags & O_NONBLOCK) != 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        err(1, "cannot let descriptor %d, the console, block", fd);
}

void console_open(struct console *console, struct kvm_coalesced_mmio_ring *ring)
{
    make_blocking(FD_CONSOLE_IN);
    make_blocking(FD_CONSOLE_OUT);
    console->coalesced.ring = ring;
    coalesced_open();
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

bool console_write(struct console *console, const uint8_t *bytes, size_t count)
{
    console->written += count;
    if (console->written >= TALKATIVE_BYTES && !console->coalesced.started &&
        !coalesced_start(&console->coalesced, CONSOLE_PORT))
        console->written = 0;
    return write_all(bytes, count);
}

bool console_drain(const struct console *console)
{
    uint8_t bytes[DRAIN_BYTES];
    size_t count = coalesced_take(&console->coalesced, bytes, sizeof(bytes));

    return write_all(bytes, count);
}

bool console_read(uint8_t *keys, size_t count)
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
