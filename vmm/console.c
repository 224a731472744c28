/* The console device. */
#include "console.h"

#include "log.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A descriptor that does not block would make the guest's wait for a key a busy loop. */
static void make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        err(1, "cannot use descriptor %d as the console", fd);
    if ((flags & O_NONBLOCK) != 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        err(1, "cannot let descriptor %d, the console, block", fd);
}

void console_open(void)
{
    make_blocking(FD_CONSOLE_IN);
    make_blocking(FD_CONSOLE_OUT);
}

bool console_write(const uint8_t *bytes, size_t count)
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
