/* The guest's image: see guest.h. */
#include "guest.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* What a newcomer may take for an image. It would run, and fail with a register dump. */
static const char *mistaken_for_guest(int fd)
{
    char start[4];
    ssize_t n = pread(fd, start, sizeof(start), 0);

    if (n < 0 && errno == EISDIR)
        return "a directory";
    if (n >= 2 && memcmp(start, "#!", 2) == 0)
        return "a script";
    if (n == 4 && memcmp(start, "\177ELF", 4) == 0)
        return "an ELF program";
    return NULL;
}

int guest_image(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    const char *mistaken;

    if (fd < 0)
        err(1, "cannot open the guest image %s (--guest)", path);
    mistaken = mistaken_for_guest(fd);
    if (mistaken)
        errx(
            1,
            "the guest image %s is %s (--guest); a guest is a flat image of 16-bit code, loaded at "
            "0x1000, as nasm -f bin makes it",
            path, mistaken);
    return fd;
}
