/* Loads a guest: a flat binary without a header, for real mode. */
#include "load.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_ADDRESS 0x1000u

static void read_image(uint8_t *to, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        ssize_t count = pread(FD_GUEST, to + done, size - done, (off_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            err(1, "cannot read the guest image");
        if (count == 0)
            errx(1, "the guest image shrank from %llu to %llu bytes while it was read",
                 (unsigned long long)size, (unsigned long long)done);
        done += (uint64_t)count;
    }
}

void load_guest(const struct machine *machine)
{
    struct stat status;
    uint64_t room = machine->memory_size > LOAD_ADDRESS ? machine->memory_size - LOAD_ADDRESS : 0;

    if (fstat(FD_GUEST, &status) != 0)
        err(1, "cannot see the size of the guest image");
    if (!S_ISREG(status.st_mode))
        errx(1, "the guest image is not a regular file");

    uint64_t size = (uint64_t)status.st_size;
    if (size == 0)
        errx(1, "the guest image is empty: 0 bytes, where 1 to %llu fit", (unsigned long long)room);
    if (size > room)
        errx(1, "the guest image has %llu bytes, and the guest's memory room for %llu: raise --mem",
             (unsigned long long)size, (unsigned long long)room);

    read_image(machine->memory + LOAD_ADDRESS, size);
    machine_start_at(LOAD_ADDRESS);
}
