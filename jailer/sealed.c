/* Copies of files that the user may edit while the VM runs. */
#include "sealed.h"

#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEBIBYTES_MAX 4 /* Debian's bundle of authorities has a quarter of a MiB */

int sealed_open(const char *path, const char *what, const char *option)
{
    /* O_NONBLOCK: a FIFO is refused below instead of waited for */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (file < 0)
        err(1, "cannot open %s %s (%s)", what, path, option);
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > MEBIBYTES_MAX << 20)
        errx(1, "%s %s (%s) must be a regular file of at most %d MiB", what, path, option,
             MEBIBYTES_MAX);
    return file;
}

int sealed_copy(int file, const char *what)
{
    int copy = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ssize_t left = MEBIBYTES_MAX << 20, sent;

    if (copy < 0)
        err(1, "cannot make memory for %s", what);
    /* copied by the kernel: supervisor and warden inherit the memory of this process */
    for (; left > 0; left -= sent) {
        sent = sendfile(copy, file, NULL, (size_t)left);
        if (sent < 0)
            err(1, "cannot copy %s", what);
        if (sent == 0)
            break;
    }
    if (fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        err(1, "cannot seal the copy of %s", what);
    close(file);
    return copy;
}
